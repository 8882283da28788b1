// A view is src/NAME.ts with src/NAME.css; each becomes one module and one stylesheet that
// load nothing else, as anywidget and a saved page need them.
import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { build as buildStyles } from "esbuild";
import { build } from "rolldown";
import { buildExtension } from "./labextension.mjs";

const home = import.meta.dirname;
const out = `${home}/../lpwidgets/static`;
const views = readdirSync(`${home}/src`)
  .filter((file) => file.endsWith(".css"))
  .map((file) => file.slice(0, -".css".length));

mkdirSync(out, { recursive: true });
for (const view of views) {
  const { output } = await build({
    input: `${home}/src/${view}.ts`,
    transform: { target: "es2022" },
    write: false,
    output: { format: "esm", minify: true, comments: false },
  });
  writeFileSync(`${out}/${view}.js`, shared(output[0].code));
}

await buildStyles({
  entryPoints: views.map((view) => `${home}/src/${view}.css`),
  outdir: out,
  bundle: true,
  minify: true,
  target: "es2022",
  charset: "utf8",
});
await buildExtension(views, out);

/** anywidget loads the module anew for each widget: what a page has of it runs for all of them. */
function shared(code) {
  const key = `lpw${createHash("sha256").update(code).digest("hex").slice(0, 12)}`;
  const [end, name] = code.match(/export\s*\{\s*(\w+) as default\s*\};?\s*$/);
  return `${code.slice(0, -end.length)}export default globalThis.${key}??=${name};\n`;
}
