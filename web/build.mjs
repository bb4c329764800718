// Bundles the style sheet and scripts: content-hashed names, precompressed copies, and a manifest that maps
// the plain name to the hashed one. Run by crates/app/build.rs; prints nothing unless it fails.
import { build } from "esbuild";
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename, extname, join } from "node:path";
import { brotliCompressSync, gzipSync, constants } from "node:zlib";

const out = "dist";
rmSync(out, { recursive: true, force: true });
mkdirSync(out, { recursive: true });

const result = await build({
  entryPoints: ["src/app.js", "src/app.css"],
  bundle: true,
  minify: true,
  format: "iife",
  // 360 and other domestic browsers ship an old Chromium
  target: ["chrome90", "firefox90", "safari14"],
  outdir: out,
  write: false,
  logLevel: "warning",
});

const manifest = {};
for (const file of result.outputFiles) emit(basename(file.path), Buffer.from(file.contents));
emit("icon.svg", readFileSync("src/icon.svg"));
writeFileSync(join(out, "manifest.json"), JSON.stringify(manifest, null, 1));

function emit(name, bytes) {
  const ext = extname(name);
  const hash = createHash("sha256").update(bytes).digest("hex").slice(0, 12);
  const hashed = `${basename(name, ext)}-${hash}${ext}`;
  writeFileSync(join(out, hashed), bytes);
  writeFileSync(join(out, `${hashed}.gz`), gzipSync(bytes, { level: 9 }));
  const quality = { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } };
  writeFileSync(join(out, `${hashed}.br`), brotliCompressSync(bytes, quality));
  manifest[name] = hashed;
}
