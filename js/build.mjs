// A view is src/NAME.ts with src/NAME.css; each becomes one module and one stylesheet that
// load nothing else, as anywidget and a saved page need them.
import { readdirSync, readFileSync } from "node:fs";
import { build as buildStyles } from "esbuild";
import { build } from "rolldown";
import { buildExtension } from "./labextension.mjs";

const home = import.meta.dirname;
const out = `${home}/../lpwidgets/static`;
const views = readdirSync(`${home}/src`)
  .filter((file) => file.endsWith(".css"))
  .map((file) => file.slice(0, -".css".length));

for (const view of views) {
  await build({
    input: `${home}/src/${view}.ts`,
    transform: { target: "es2022" },
    output: {
      file: `${out}/${view}.js`,
      format: "esm",
      minify: true,
      comments: false,
    },
  });
}
await buildStyles({
  entryPoints: views.map((view) => `${home}/src/${view}.css`),
  outdir: out,
  bundle: true,
  minify: true,
  target: "es2022",
  charset: "utf8",
});
await buildExtension(readFileSync(`${out}/widget.css`, "utf8"));
