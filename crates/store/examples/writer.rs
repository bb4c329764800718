//! A writer that the crash test kills: it adds people to the SQLite file it is given and prints each login once the
//! store has acknowledged it.

use domain::role::{Lang, Role};
use jiff::Timestamp;
use std::io::Write as _;
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
        let login = format!("{prefix}-{n}");
        let name = login.clone();
        let new =
            NewUser { login, name, role: Role::Officer, unit: None, password_hash: None, lang: Lang::Zh };
        store.add_user(&Actor::Cli, now, &new).await?;
        writeln!(out, "{}", new.login)?;
        out.flush()?;
    }
    Ok(())
}
