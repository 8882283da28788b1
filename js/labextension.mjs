// JupyterLab's prebuilt extension: a script, which is a container as webpack's module federation
// makes them (see src/labextension.ts), the views it loads, and the files that announce it.
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { build } from "rolldown";

const home = import.meta.dirname;
const out = `${home}/labextension`;
const read = (file) => JSON.parse(readFileSync(`${home}/${file}`, "utf8"));

/** Builds the extension; it loads the views' own modules and stylesheets as they are needed. */
export async function buildExtension(views, bundles) {
  rmSync(out, { recursive: true, force: true });
  mkdirSync(`${out}/static`, { recursive: true });
  const entries = views.map((view) => [
    view,
    { script: copy(bundles, view, "js"), style: copy(bundles, view, "css") },
  ]);
  const { output } = await build({
    input: `${home}/src/labextension.ts`,
    transform: {
      target: "es2022",
      define: { VIEWS: JSON.stringify(Object.fromEntries(entries)) },
    },
    output: { format: "iife", minify: true, comments: false },
    write: false,
  });
  const { code } = output[0];
  const script = `static/remoteEntry.${hashOf(code)}.js`;
  const { name, version, license } = read("package.json");
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

/** Copies a view's file under a name that changes with it, since servers have it cached. */
function copy(bundles, view, ending) {
  const content = readFileSync(`${bundles}/${view}.${ending}`);
  const file = `${view}.${hashOf(content)}.${ending}`;
  writeFileSync(`${out}/static/${file}`, content);
  return file;
}

function hashOf(content) {
  return createHash("sha256").update(content).digest("hex").slice(0, 16);
}

function write(file, content) {
  writeFileSync(`${out}/${file}`, `${JSON.stringify(content, null, 2)}\n`);
}
