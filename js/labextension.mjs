// JupyterLab's prebuilt extension: one script, which is a container as webpack's module
// federation makes them (see src/labextension.ts), and the files that announce it.
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { build } from "rolldown";

const home = import.meta.dirname;
const out = `${home}/labextension`;
const read = (file) => JSON.parse(readFileSync(`${home}/${file}`, "utf8"));

/** Builds the extension around the stylesheet of the view. */
export async function buildExtension(style) {
  const { output } = await build({
    input: `${home}/src/labextension.ts`,
    transform: { target: "es2022", define: { STYLE: JSON.stringify(style) } },
    output: { format: "iife", minify: true, comments: false },
    write: false,
  });
  const { code } = output[0];
  const hash = createHash("sha256").update(code).digest("hex").slice(0, 16);
  const script = `static/remoteEntry.${hash}.js`;
  const { name, version, license } = read("package.json");
  rmSync(out, { recursive: true, force: true });
  mkdirSync(`${out}/static`, { recursive: true });
  writeFileSync(`${out}/${script}`, code);
  write("install.json", {
    packageManager: "python",
    packageName: name,
    uninstallInstructions: `pip uninstall ${name}`,
  });
  // The last: where it stands, all of it does.
  write("package.json", {
    name,
    version,
    license,
    description: "Draws saved tokens and their alternatives, with or without a kernel",
    dependencies: {},
    jupyterlab: { extension: true, _build: { load: script, extension: "./extension" } },
  });
}

function write(file, content) {
  writeFileSync(`${out}/${file}`, `${JSON.stringify(content, null, 2)}\n`);
}
