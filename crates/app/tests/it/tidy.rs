//! The invariants of ARCHITECTURE.md and the conventions of CONTRIBUTING.md that a reader of the tree can check.
//!
//! A rule is a function from a path and a text to its faults, so that the last test can show that it catches what it is for.

use clap::CommandFactory as _;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// Folders that hold no source.
const SKIPPED: [&str; 6] = [".git", "target", "node_modules", "landfall-data", ".venv", "corpus"];
/// Bytes of the largest file that belongs into the tree.
const FILE_BYTES: usize = 1 << 20;
/// Lines of a Rust file without its tests.
const FILE_LINES: usize = 600;
/// Files that may be longer, each with its reason.
const LONG_FILES: [(&str, &str); 0] = [];
/// Characters of a line of Rust.
const LINE_CHARS: usize = 150;
/// Files with longer lines, each with its reason.
const WIDE_FILES: [(&str, &str); 1] =
    [("crates/domain/src/intake/headings.rs", "one row of synonyms per field")];
/// What `domain` may depend on; a new entry must be free of input, output, clock and randomness.
const DOMAIN_MAY_USE: [&str; 4] = ["jiff", "serde", "serde_json", "toml"];
/// What a crate must not name: everything behind another crate's fence.
const FENCES: [(&str, &[&str]); 3] = [
    ("crates/domain/", &["sqlx", "arrow", "parquet", "axum", "tokio", "rayon", "memmap2", "store", "engine"]),
    ("crates/store/", &["arrow", "parquet", "axum", "rayon", "memmap2", "engine"]),
    ("crates/engine/", &["sqlx", "axum", "tokio", "store"]),
];
/// What the app asks `store` and `engine` for.
const APP_FENCE: [&str; 5] = ["sqlx", "arrow", "parquet", "rayon", "memmap2"];
/// Posts that nobody is signed in for yet, or that only change how pages look.
const PUBLIC_FORMS: [&str; 3] = ["/sign-in", "/welcome/{{ token }}", "/preferences"];
/// The page of last resort shows both languages at once.
const BILINGUAL: &str = "crates/app/src/web/error.html";
/// Words that are the same in both languages.
const SAME_WORDS: [&str; 14] = [
    "Landfall", "落地", "CSV", "SHA", "XLSX", "XLS", "JSON", "TOML", "GB18030", "UTF", "USCC", "csv", "xlsx",
    "toml",
];

/// A file of the tree: path from its root, and text (empty when it is not UTF-8).
struct Source {
    path: String,
    text: String,
    bytes: usize,
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

fn tree() -> Vec<Source> {
    let mut found = Vec::new();
    walk(&root(), "", &mut found);
    assert!(found.len() > 100, "the tree was not found");
    found
}

fn walk(folder: &Path, prefix: &str, found: &mut Vec<Source>) {
    for entry in fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        let name = entry.file_name().to_string_lossy().into_owned();
        let kind = entry.file_type().unwrap();
        if kind.is_dir() && !SKIPPED.contains(&name.as_str()) {
            walk(&entry.path(), &format!("{prefix}{name}/"), found);
        } else if kind.is_file() && name != ".git" {
            let bytes = fs::read(entry.path()).unwrap();
            let (length, text) = (bytes.len(), String::from_utf8(bytes).unwrap_or_default());
            found.push(Source { path: format!("{prefix}{name}"), text, bytes: length });
        }
    }
}

fn ends(path: &str, extension: &str) -> bool {
    Path::new(path).extension().is_some_and(|e| e == extension)
}

/// Runs a rule over the files that `wanted` names.
fn hold(wanted: impl Fn(&str) -> bool, rule: impl Fn(&str, &str) -> Vec<String>) {
    let mut seen = 0;
    let mut faults = Vec::new();
    for file in tree().iter().filter(|f| wanted(&f.path)) {
        seen += 1;
        faults
            .extend(rule(&file.path, &file.text).into_iter().map(|fault| format!("{}: {fault}", file.path)));
    }
    assert!(seen > 0, "the rule looked at nothing");
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

fn is_rust(path: &str) -> bool {
    path.starts_with("crates/") && ends(path, "rs")
}

fn is_product(path: &str) -> bool {
    is_rust(path) && path.contains("/src/") && !path.ends_with("tests.rs") && !path.contains("/tests/")
}

fn is_template(path: &str) -> bool {
    path.starts_with("crates/app/src/") && ends(path, "html")
}

/// A Rust file up to its unit tests.
fn untested(text: &str) -> &str {
    text.find("#[cfg(test)]\nmod tests {").map_or(text, |at| &text[..at])
}

/// The lines of code with their numbers, without comments and unit tests.
fn code(text: &str) -> impl Iterator<Item = (usize, &str)> {
    untested(text)
        .lines()
        .enumerate()
        .map(|(i, l)| (i + 1, l))
        .filter(|(_, l)| !l.trim_start().starts_with("//"))
}

fn lines_with(text: &str, what: &str, fault: impl Fn(&str) -> bool) -> Vec<String> {
    code(text)
        .filter(|(_, line)| fault(line))
        .map(|(number, line)| format!("{number}: {what}: {}", line.trim()))
        .collect()
}

/// Whether `word` stands alone in `line`.
fn names(line: &str, word: &str) -> bool {
    let part = |c: char| c.is_alphanumeric() || c == '_';
    line.match_indices(word).any(|(at, _)| {
        !line[..at].chars().next_back().is_some_and(part)
            && !line[at + word.len()..].chars().next().is_some_and(part)
    })
}

fn is_sql(line: &str) -> bool {
    let both = |a: &str, b: &str| line.find(a).is_some_and(|at| line[at..].contains(b));
    both("SELECT ", " FROM ")
        || both("UPDATE ", " SET ")
        || ["INSERT INTO ", "DELETE FROM ", "CREATE TABLE "].iter().any(|sql| line.contains(sql))
}

fn sql(_: &str, text: &str) -> Vec<String> {
    lines_with(text, "SQL outside crates/store", is_sql)
}

#[test]
fn sql_stands_only_in_the_store() {
    hold(|p| is_product(p) && !p.starts_with("crates/store/"), sql);
}

fn beyond_fence(path: &str, text: &str) -> Vec<String> {
    let fence = FENCES.iter().find(|(krate, _)| path.starts_with(krate)).map_or(&APP_FENCE[..], |f| f.1);
    fence
        .iter()
        .flat_map(|krate| lines_with(text, "behind another crate's fence", |line| reaches(line, krate)))
        .collect()
}

/// Whether a line has a path that begins with this crate.
fn reaches(line: &str, krate: &str) -> bool {
    line.match_indices(&format!("{krate}::")).any(|(at, _)| {
        !line[..at].chars().next_back().is_some_and(|c| c.is_alphanumeric() || c == '_' || c == ':')
    })
}

#[test]
fn heavy_crates_stay_behind_their_fence() {
    hold(is_product, beyond_fence);
    hold(
        |p| p.starts_with("crates/") && p.ends_with("Cargo.toml"),
        |path, text| {
            let fence =
                FENCES.iter().find(|(krate, _)| path.starts_with(krate)).map_or(&APP_FENCE[..], |f| f.1);
            dependencies(text)
                .filter(|d| fence.contains(d))
                .map(|d| format!("must not depend on {d}"))
                .collect()
        },
    );
}

/// Names under `[dependencies]`.
fn dependencies(manifest: &str) -> impl Iterator<Item = &str> {
    let section = manifest.split("\n[dependencies]\n").nth(1).unwrap_or("");
    let section = section.split("\n[").next().unwrap_or("");
    section
        .lines()
        .filter_map(|l| l.split(['.', ' ', '=']).next())
        .filter(|d| !d.is_empty() && !d.starts_with('#'))
}

fn impure(_: &str, text: &str) -> Vec<String> {
    const WORLD: [&str; 10] = [
        "std::fs",
        "std::net",
        "std::io",
        "std::env",
        "std::process",
        "std::thread",
        "SystemTime",
        "Instant",
        "Timestamp::now",
        "Zoned::now",
    ];
    lines_with(text, "the domain does no IO and reads no clock", |line| {
        WORLD.iter().any(|w| line.contains(w))
    })
}

#[test]
fn the_domain_is_pure() {
    hold(|p| is_product(p) && p.starts_with("crates/domain/"), impure);
    hold(
        |p| p == "crates/domain/Cargo.toml",
        |_, text| {
            dependencies(text)
                .filter(|d| !DOMAIN_MAY_USE.contains(d))
                .map(|d| format!("depends on {d}"))
                .collect()
        },
    );
}

fn floats(_: &str, text: &str) -> Vec<String> {
    lines_with(text, "money is an integer", |line| names(line, "f32") || names(line, "f64"))
}

#[test]
fn money_is_no_float() {
    hold(|p| p == "crates/domain/src/money.rs", floats);
}

fn forms(_: &str, text: &str) -> Vec<String> {
    let is_post = |form: &str| form.split('>').next().is_some_and(|tag| tag.contains("method=\"post\""));
    let is_public = |form: &str| PUBLIC_FORMS.iter().any(|url| form.contains(&format!("action=\"{url}\"")));
    let bodies = text.split("<form ").skip(1).map(|rest| rest.split("</form>").next().unwrap_or(rest));
    bodies
        .filter(|form| is_post(form) && !is_public(form))
        .filter(|form| !form.contains("name=\"csrf\" value=\"{{ p.csrf }}\""))
        .map(|form| format!("a form without the CSRF field: <form {}", form.lines().next().unwrap_or("")))
        .collect()
}

#[test]
fn every_form_carries_the_csrf_token() {
    hold(is_template, forms);
}

fn inline(_: &str, text: &str) -> Vec<String> {
    let mut faults = Vec::new();
    for (i, line) in text.lines().enumerate() {
        let handler = line.match_indices(" on").any(|(at, _)| {
            let name: String = line[at + 3..].chars().take_while(char::is_ascii_lowercase).collect();
            !name.is_empty() && line[at + 3 + name.len()..].starts_with("=\"")
        });
        let script = line.split("<script").skip(1).any(|s| !s.contains(" src=") || !s.contains("></script>"));
        if handler || script || line.contains(" style=") || line.contains("<style") {
            faults.push(format!("{}: inline script or style, which the security policy refuses", i + 1));
        }
    }
    faults
}

#[test]
fn templates_have_no_inline_script_or_style() {
    hold(is_template, inline);
}

fn is_chinese(c: char) -> bool {
    ('\u{4e00}'..='\u{9fff}').contains(&c)
}

/// A template's expressions and tags, and what is left without them.
fn taken_apart(text: &str) -> (Vec<String>, String) {
    let (mut inside, mut outside, mut rest) = (Vec::new(), String::new(), text);
    while let Some(at) = rest.find("{{").into_iter().chain(rest.find("{%")).chain(rest.find("{#")).min() {
        let close = match &rest[at..at + 2] {
            "{{" => "}}",
            "{%" => "%}",
            _ => "#}",
        };
        let end = rest[at..].find(close).map_or(rest.len(), |e| at + e + 2);
        if close != "#}" {
            inside.push(rest[at..end].to_string());
        }
        outside.push_str(&rest[..at]);
        outside.push('\u{1}');
        rest = &rest[end..];
    }
    outside.push_str(rest);
    (inside, outside)
}

fn one_language(path: &str, text: &str) -> Vec<String> {
    if path == BILINGUAL {
        return Vec::new();
    }
    let (inside, mut outside) = taken_apart(text);
    let mut faults = Vec::new();
    for expression in inside {
        let pieces: Vec<&str> = expression.split('"').collect();
        // odd pieces are string literals
        for i in (1..pieces.len()).step_by(2).filter(|&i| pieces[i].contains(is_chinese)) {
            let is_first = pieces[i - 1].ends_with("t(") && pieces[i + 1].trim() == ",";
            let is_second = i > 2 && pieces[i - 1].trim() == ",";
            let latin = |text: &str| text.contains(|c: char| c.is_ascii_alphabetic());
            // English needs no measure word (3 家), and may quote Chinese words
            let counter = pieces[i].trim().chars().count() <= 2;
            let first_holds = is_first
                && pieces.get(i + 2).is_some_and(|e| latin(e) || (counter && !e.contains(is_chinese)));
            let second_holds = is_second && (latin(pieces[i]) || latin(pieces[i - 2]));
            if !first_holds && !second_holds {
                faults.push(format!("Chinese without its English beside it: {expression}"));
            }
        }
    }
    for word in SAME_WORDS {
        outside = outside.replace(word, "");
    }
    let shown = without_tags(&outside);
    let words =
        shown.split(|c: char| !c.is_alphabetic()).filter(|w| w.contains(is_chinese) || w.chars().count() > 2);
    faults.extend(words.map(|w| format!("a word in one language only: {w}")));
    faults
}

/// The text between the tags, without `<code>`.
fn without_tags(html: &str) -> String {
    let mut text = String::new();
    for piece in html.split('<') {
        let (tag, after) = piece.split_once('>').unwrap_or(("", piece));
        if !tag.starts_with("code") {
            text.push_str(after);
        }
        text.push(' ');
    }
    text
}

#[test]
fn templates_speak_both_languages() {
    hold(is_template, one_language);
}

fn too_long(path: &str, text: &str) -> Vec<String> {
    let lines = untested(text).lines().count();
    let mut faults = Vec::new();
    if lines > FILE_LINES && !LONG_FILES.iter().any(|(file, _)| *file == path) {
        faults.push(format!("{lines} lines without tests; more than {FILE_LINES} are hard to read"));
    }
    if !WIDE_FILES.iter().any(|(file, _)| *file == path) {
        faults.extend(lines_with(text, "too long a line", |line| line.chars().count() > LINE_CHARS));
    }
    faults
}

#[test]
fn files_and_lines_stay_short() {
    hold(is_product, too_long);
    let tree = tree();
    let gone: Vec<_> = LONG_FILES
        .iter()
        .chain(&WIDE_FILES)
        .filter(|(file, _)| !tree.iter().any(|f| f.path == *file))
        .collect();
    assert!(gone.is_empty(), "no such files: {gone:?}");
}

fn unfinished(_: &str, text: &str) -> Vec<String> {
    lines_with(text, "unfinished", |line| {
        ["todo", "unimplemented", "dbg"].iter().any(|m| names(line, m) && line.contains(&format!("{m}!(")))
    })
}

#[test]
fn nothing_is_left_unfinished() {
    hold(is_rust, unfinished);
}

#[test]
fn every_rust_file_belongs_to_a_module() {
    let files: BTreeMap<String, String> =
        tree().into_iter().filter(|f| is_rust(&f.path)).map(|f| (f.path, f.text)).collect();
    let is_root = |p: &str| {
        let name = p.rsplit('/').next().unwrap_or(p);
        matches!(name, "lib.rs" | "main.rs" | "build.rs")
            || p.contains("/examples/")
            || p.contains("/benches/")
    };
    let mut open: Vec<String> = files.keys().filter(|p| is_root(p)).cloned().collect();
    let mut reached = BTreeSet::new();
    while let Some(path) = open.pop() {
        let Some(text) = files.get(&path).filter(|_| reached.insert(path.clone())) else { continue };
        let (folder, name) = path.rsplit_once('/').unwrap();
        let below = match name {
            "lib.rs" | "main.rs" | "mod.rs" => folder.to_string(),
            _ => path.trim_end_matches(".rs").to_string(),
        };
        let modules =
            text.lines().filter_map(|l| l.strip_suffix(';')?.rsplit_once("mod ").map(|(_, name)| name));
        open.extend(modules.flat_map(|m| [format!("{below}/{m}.rs"), format!("{below}/{m}/mod.rs")]));
    }
    let lost: Vec<&String> = files.keys().filter(|p| !reached.contains(*p)).collect();
    assert!(lost.is_empty(), "no module names these files: {lost:?}");
}

/// Lines of a document that show a `landfall` command.
fn commands(document: &str) -> impl Iterator<Item = Vec<&str>> {
    document
        .lines()
        .filter_map(|line| line.trim().strip_prefix("landfall "))
        .map(|line| line.split('#').next().unwrap_or(line).split_whitespace().collect())
}

fn unknown_commands(_: &str, document: &str) -> Vec<String> {
    let mut faults = Vec::new();
    for words in commands(document) {
        let mut command = app::cli::Cli::command();
        for word in &words {
            if let Some(option) = word.trim_matches(['[', ']']).strip_prefix("--") {
                let known = option == "help" || command.get_arguments().any(|a| a.get_long() == Some(option));
                if !known {
                    faults.push(format!("`landfall {}` has no --{option}", words.join(" ")));
                }
            } else if let Some(sub) = command.find_subcommand(word) {
                command = sub.clone();
            }
        }
        if command.has_subcommands() {
            faults.push(format!("`landfall {}` is no command", words.join(" ")));
        }
    }
    faults
}

#[test]
fn the_readmes_show_every_command_and_no_other() {
    hold(is_readme, |path, document| {
        let mut faults = unknown_commands(path, document);
        let shown: BTreeSet<&str> = commands(document).filter_map(|words| words.first().copied()).collect();
        let all = app::cli::Cli::command();
        let missing = all.get_subcommands().map(clap::Command::get_name).filter(|name| !shown.contains(name));
        faults.extend(missing.map(|name| format!("does not show `landfall {name}`")));
        faults
    });
}

fn is_readme(path: &str) -> bool {
    matches!(path, "README.md" | "README.zh-CN.md")
}

/// Levels of the headings outside code.
fn headings(document: &str) -> Vec<usize> {
    let mut fenced = false;
    let mut levels = Vec::new();
    for line in document.lines() {
        fenced ^= line.starts_with("```");
        let level = line.chars().take_while(|&c| c == '#').count();
        if !fenced && level > 0 {
            levels.push(level);
        }
    }
    levels
}

#[test]
fn the_two_readmes_are_twins() {
    let read = |name| fs::read_to_string(root().join(name)).unwrap();
    let (english, chinese) = (read("README.md"), read("README.zh-CN.md"));
    assert_eq!(headings(&english), headings(&chinese), "the same headings in the same order");
    assert!(headings(&english).len() > 5);
    let code = |text: &str| text.split("```").skip(1).step_by(2).count();
    assert_eq!(code(&english), code(&chinese), "the same blocks of code");
    assert!(english.contains("(README.zh-CN.md)") && chinese.contains("(README.md)"), "linked both ways");
    for command in ["cargo run --release", "make test"] {
        assert!(english.contains(command) && chinese.contains(command), "{command}");
    }
}

#[test]
fn the_architecture_names_every_module_of_the_app() {
    let text = fs::read_to_string(root().join("ARCHITECTURE.md")).unwrap();
    let mut folders = BTreeSet::new();
    for file in tree().iter().filter(|f| is_product(&f.path)) {
        let parts: Vec<&str> = file.path.split('/').collect();
        folders.insert(parts[1].to_string());
        if parts.len() > 4 {
            folders.insert(format!("{}/", parts[3]));
        }
    }
    let missing: Vec<&String> = folders.iter().filter(|f| !text.contains(&format!("`{f}`"))).collect();
    assert!(missing.is_empty(), "ARCHITECTURE.md does not name {missing:?}");
}

fn broken_links(path: &str, document: &str) -> Vec<String> {
    let folder = root().join(path).parent().unwrap().to_path_buf();
    let targets = document.split("](").skip(1).filter_map(|rest| rest.split([')', '#']).next());
    targets
        .filter(|t| !t.is_empty() && !t.contains("://") && !t.starts_with("mailto:"))
        .filter(|t| !folder.join(t).exists())
        .map(|t| format!("the link to {t} leads nowhere"))
        .collect()
}

#[test]
fn links_between_documents_lead_somewhere() {
    hold(|p| ends(p, "md"), broken_links);
}

fn machine_paths(_: &str, text: &str) -> Vec<String> {
    // put together here, so that this file does not break its own rule
    let paths = ["work", "tmp", "root", "home"].map(|folder| format!("/{folder}/"));
    let found = text.lines().enumerate().filter(|(_, line)| {
        let start = |at: usize| line[..at].chars().next_back().is_none_or(|c| " \"'`=(:".contains(c));
        paths.iter().any(|p| line.match_indices(p.as_str()).any(|(at, _)| start(at)))
    });
    found.map(|(i, line)| format!("{}: a path of one machine: {}", i + 1, line.trim())).collect()
}

#[test]
fn no_file_names_a_path_of_one_machine() {
    hold(|p| !p.ends_with("package-lock.json"), machine_paths);
}

#[test]
fn files_are_small() {
    let large: Vec<String> = tree()
        .iter()
        .filter(|f| f.bytes > FILE_BYTES)
        .map(|f| format!("{}: {} bytes", f.path, f.bytes))
        .collect();
    assert!(large.is_empty(), "data and builds do not belong into the tree: {large:?}");
}

#[test]
fn both_databases_have_the_same_migrations() {
    let list = |kind: &str| -> BTreeSet<String> {
        let folder = root().join("crates/store/migrations").join(kind);
        fs::read_dir(folder).unwrap().map(|e| e.unwrap().file_name().to_string_lossy().into_owned()).collect()
    };
    assert!(!list("sqlite").is_empty());
    assert_eq!(list("sqlite"), list("postgres"));
}

/// Every rule finds a fault in a text made to break it, and none in its neighbour.
#[test]
fn the_rules_catch_what_they_are_for() {
    type Case = (fn(&str, &str) -> Vec<String>, &'static str, &'static str);
    let cases: [Case; 11] = [
        (sql, "let q = \"SELECT id FROM company\";", "// SELECT id FROM company"),
        (impure, "use std::fs::File;", "let fs = 1;"),
        (floats, "pub fn yuan(x: f64) {}", "let f641 = 1;"),
        (
            forms,
            "<form method=\"post\" action=\"/x\"></form>",
            "<form method=\"post\" action=\"/sign-in\"></form>",
        ),
        (inline, "<p onclick=\"x()\">", "<p class=\"on\">"),
        (inline, "<script>x()</script>", "<script src=\"a\"></script>"),
        (one_language, "<p>保存</p>", "<p>{{ p.t(\"保存\", \"Save\") }}</p>"),
        (one_language, "{{ p.t(\"保存\", \"保存\") }}", "<p title=\"x\">{{ save }} 落地</p>"),
        (unfinished, concat!("fn f() { todo", "!() }"), "let todo = 1;"),
        (unknown_commands, "landfall import FILE --nothing", "landfall import FILE [--json]"),
        (broken_links, "[x](no-such-file.md)", "[x](https://example.org)"),
    ];
    for (i, (rule, bad, good)) in cases.into_iter().enumerate() {
        assert!(!rule("crates/app/src/x.rs", bad).is_empty(), "case {i}: nothing found in {bad}");
        assert_eq!(rule("crates/app/src/x.rs", good), Vec::<String>::new(), "case {i}");
    }
    assert!(!too_long("x", &"a\n".repeat(601)).is_empty() && !too_long("x", &"a".repeat(151)).is_empty());
    assert!(!machine_paths("x", concat!("see /", "tmp/x")).is_empty());
    assert!(machine_paths("x", "https://example.org/home/x").is_empty());
    assert!(!beyond_fence("crates/app/src/x.rs", "use sqlx::Row;").is_empty());
    assert!(beyond_fence("crates/store/src/x.rs", "use sqlx::Row;").is_empty());
}
