//! Bundles `web/` into `OUT_DIR` with npm and esbuild, so that the source tree stays clean.
//!
//! `LANDFALL_WEB_DIST=/path/to/dist` uses a ready-made bundle instead and never calls npm (offline builds).

use anyhow::{Context, Result, bail};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

const INPUTS: [&str; 5] = ["package.json", "package-lock.json", ".npmrc", "build.mjs", "src"];

fn main() -> Result<()> {
    let out = PathBuf::from(env::var("OUT_DIR")?).join("web");
    let web = Path::new(&env::var("CARGO_MANIFEST_DIR")?).join("../../web");
    println!("cargo::rerun-if-env-changed=LANDFALL_WEB_DIST");
    for input in INPUTS {
        println!("cargo::rerun-if-changed={}", web.join(input).display());
    }
    fs::create_dir_all(&out)?;
    if let Ok(dist) = env::var("LANDFALL_WEB_DIST") {
        println!("cargo::rerun-if-changed={dist}");
        return copy(Path::new(&dist), &out.join("dist"));
    }
    let lock_before = fs::read(out.join("package-lock.json")).unwrap_or_default();
    for input in INPUTS {
        copy(&web.join(input), &out.join(input))?;
    }
    let installed = out.join("node_modules/.package-lock.json").exists();
    if !installed || lock_before != fs::read(out.join("package-lock.json"))? {
        run(&out, "npm", &["ci", "--ignore-scripts", "--no-audit", "--no-fund"])?;
    }
    run(&out, "node", &["build.mjs"])
}

fn run(folder: &Path, program: &str, args: &[&str]) -> Result<()> {
    let output = Command::new(program).args(args).current_dir(folder).output().with_context(|| {
        format!("cannot start `{program}`: install Node.js 18 or newer with npm, or set LANDFALL_WEB_DIST to a built bundle")
    })?;
    if !output.status.success() {
        bail!(
            "`{program} {}` failed in {} (it needs the npm registry once):\n{}{}",
            args.join(" "),
            folder.display(),
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr)
        );
    }
    Ok(())
}

fn copy(from: &Path, to: &Path) -> Result<()> {
    if from.is_dir() {
        fs::create_dir_all(to)?;
        for entry in fs::read_dir(from)? {
            let entry = entry?;
            copy(&entry.path(), &to.join(entry.file_name()))?;
        }
        return Ok(());
    }
    fs::copy(from, to)
        .map(drop)
        .with_context(|| format!("cannot copy {} to {}", from.display(), to.display()))
}
