//! Users of a running server, each signed in with a session of their own: pages read, facts recorded, times measured.

mod client;
mod user;

use anyhow::{Context as _, Result, bail, ensure};
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::{Duration, Instant};
use user::{Answer, User, World};

/// User and system time are counted in these parts of a second (`getconf CLK_TCK` is 100 on Linux).
const TICKS: f64 = 100.0;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let [address, sessions, users, seconds, think, projects, day, pid, without] = args[..] else {
        bail!("use: bench-load ADDRESS SESSIONS.txt USERS SECONDS THINK_MS PROJECTS DAY SERVER_PID WITHOUT");
    };
    let address: SocketAddr = address.parse()?;
    let (users, seconds, think): (usize, u64, u64) = (users.parse()?, seconds.parse()?, think.parse()?);
    let world = World {
        projects: projects.parse()?,
        users: users as u64,
        day: day.to_string(),
        without: without.to_string(),
    };
    let sessions = std::fs::read_to_string(sessions).context("the sessions")?;
    let sessions: Vec<&str> = sessions.lines().collect();
    ensure!(
        sessions.len() >= users,
        "{} sessions for {users} users: make more with `bench-ledger people`",
        sessions.len()
    );

    let (cpu, own) = (cpu(pid)?, self::cpu("self")?);
    let began = Instant::now();
    let until = began + Duration::from_secs(seconds);
    let local = tokio::task::LocalSet::new();
    let answers = local.run_until(async {
        let tasks = sessions.iter().take(users).enumerate().map(|(n, session)| {
            let user = User::new(n as u64, address, session, world.clone());
            tokio::task::spawn_local(user.work(until, think))
        });
        let mut answers = Vec::new();
        for task in tasks.collect::<Vec<_>>() {
            answers.extend(task.await??);
        }
        anyhow::Ok(answers)
    });
    let answers = answers.await?;
    let took = began.elapsed().as_secs_f64();
    let server = self::cpu(pid)? - cpu;
    let own = self::cpu("self")? - own;
    report(&answers, users, took, think);
    println!(
        "\nserver: {server:.1} s CPU ({:.0} % of a core), {:.2} ms a request, most memory {} MB; this program: {own:.1} s CPU",
        100.0 * server / took,
        1000.0 * server / answers.len().max(1) as f64,
        most_memory(pid)?
    );
    let errors = answers.iter().filter(|a| a.error.is_some()).count();
    ensure!(errors == 0, "{errors} of {} requests failed", answers.len());
    Ok(())
}

fn report(answers: &[Answer], users: usize, took: f64, think: u64) {
    println!("{users} users for {took:.0} s, {think} ms on average between a user's requests; times in ms");
    println!("{:<24}{:>9}{:>8}{:>9}{:>9}{:>9}{:>9}", "", "requests", "errors", "p50", "p95", "p99", "most");
    let mut kinds: BTreeMap<&str, Vec<&Answer>> = BTreeMap::new();
    for answer in answers {
        kinds.entry(answer.kind).or_default().push(answer);
        kinds.entry("~ all").or_default().push(answer);
    }
    for (kind, of) in &kinds {
        let mut times: Vec<f64> = of.iter().map(|a| a.time.as_secs_f64() * 1000.0).collect();
        times.sort_by(f64::total_cmp);
        let at = |share: f64| times[((times.len() as f64 * share).ceil() as usize).clamp(1, times.len()) - 1];
        let errors = of.iter().filter(|a| a.error.is_some()).count();
        println!(
            "{:<24}{:>9}{errors:>8}{:>9.1}{:>9.1}{:>9.1}{:>9.1}",
            kind.trim_start_matches("~ "),
            of.len(),
            at(0.50),
            at(0.95),
            at(0.99),
            at(1.0)
        );
    }
    println!("{:.0} requests a second", answers.len() as f64 / took);
    let mut why: BTreeMap<&str, usize> = BTreeMap::new();
    for error in answers.iter().filter_map(|a| a.error.as_deref()) {
        *why.entry(error).or_default() += 1;
    }
    for (error, times) in why {
        println!("{times} × {error}");
    }
}

/// Seconds of user and system time that a process has used.
fn cpu(pid: &str) -> Result<f64> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).context("the server's process")?;
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
    Ok((fields[11].parse::<u64>()? + fields[12].parse::<u64>()?) as f64 / TICKS)
}

/// The most memory that a process has held, MB.
fn most_memory(pid: &str) -> Result<u64> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status"))?;
    let line = status.lines().find_map(|l| l.strip_prefix("VmHWM:")).context("VmHWM")?;
    Ok(line.trim().trim_end_matches(" kB").parse::<u64>()? / 1024)
}
