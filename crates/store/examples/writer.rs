//! A writer that the crash test kills: to the SQLite file it is given it adds in turn a person and a list of twenty
//! residents, and prints `p LOGIN` or `r NAME` once the store has acknowledged it. It ends with the first error.

use domain::role::{Lang, Role};
use jiff::Timestamp;
use std::io::Write as _;
use store::resident::NewResident;
use store::user::NewUser;
use store::{Actor, Store};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut args = std::env::args().skip(1);
    let (Some(path), Some(prefix)) = (args.next(), args.next()) else {
        return Err("write: writer FILE PREFIX".into());
    };
    let now = Timestamp::from_second(1_770_000_000)?;
    let store = Store::open_sqlite(path.as_ref(), now).await?;
    let mut out = std::io::stdout();
    for n in 0.. {
        let name = format!("{prefix}-{n}");
        if n % 2 == 0 {
            let login = name.clone();
            let new = NewUser {
                login,
                name: name.clone(),
                role: Role::Officer,
                unit: None,
                password_hash: None,
                lang: Lang::Zh,
            };
            store.add_user(&Actor::Cli, now, &new).await?;
            writeln!(out, "p {name}")?;
        } else {
            let resident =
                |i: i32| NewResident { key: format!("={name}-{i}"), name: name.clone(), since: None };
            let list: Vec<NewResident> = (0..20).map(resident).collect();
            store.add_residents(&Actor::Cli, now, None, &list).await?;
            writeln!(out, "r {name}")?;
        }
        out.flush()?;
    }
    Ok(())
}
