//! How numbers of the team's pages read.

use crate::app::App;
use crate::text::{Lang, grouped, yuan};
use crate::web::session::Signed;
use domain::assessment::{Reading, ReadingUnit};
use domain::goal::Party;
use domain::role::{Action, Role};
use domain::user::{Unit, User, UserId};

/// Hundredths as a decimal: `1613` is `16.13`.
#[must_use]
pub fn hundredths(n: i64) -> String {
    format!("{}{}.{:02}", if n < 0 { "-" } else { "" }, n.unsigned_abs() / 100, n.unsigned_abs() % 100)
}

/// Thousandths of a count as people read them: `2000` is `2`, `2100` is `2.1`.
#[must_use]
pub fn count(thousandths: i64) -> String {
    let (whole, rest) = (thousandths / 1000, thousandths.unsigned_abs() % 1000);
    if rest == 0 {
        return grouped(whole);
    }
    let rest = format!("{rest:03}");
    format!("{}.{}", grouped(whole), rest.trim_end_matches('0'))
}

/// An amount of a reading: yuan, or a count.
#[must_use]
pub fn amount(unit: ReadingUnit, n: i64, lang: Lang) -> String {
    match unit {
        ReadingUnit::Yuan => yuan(n, lang),
        ReadingUnit::Count | ReadingUnit::Rate => count(n),
    }
}

/// `done` of `target` as a percentage with one decimal, rounded half up.
#[must_use]
pub fn percent(done: i64, target: i64) -> String {
    if target <= 0 {
        return "—".into();
    }
    let tenths = (i128::from(done) * 2000 + i128::from(target)) / (2 * i128::from(target));
    format!("{}.{}%", tenths / 10, tenths % 10)
}

/// The name of a reading.
#[must_use]
pub fn reading_name(reading: &Reading, lang: Lang) -> &'static str {
    lang.t(reading.zh, reading.en)
}

/// Who is there to have targets: officers and units, by number.
#[derive(Clone, Debug)]
pub struct Parties {
    /// Everybody, accounts that have ended too.
    pub users: Vec<User>,
    /// Every unit, those that have ended too.
    pub units: Vec<Unit>,
}

impl Parties {
    /// Everybody there is.
    ///
    /// # Errors
    /// Only when the database fails.
    pub async fn read(app: &App) -> store::Result<Parties> {
        let (mut users, mut page) = (Vec::new(), store::Page::first());
        loop {
            let some = app.store.users(page).await?;
            if some.is_empty() {
                break;
            }
            users.extend(some);
            page = page.next();
        }
        users.sort_by_key(|u| u.id);
        Ok(Parties { users, units: app.store.units().await? })
    }

    /// What a party is called.
    #[must_use]
    pub fn name(&self, party: Party, lang: Lang) -> String {
        let found = match party {
            Party::Zone => Some(lang.t("全园区", "The zone").to_string()),
            Party::Unit(id) => self.units.iter().find(|u| u.id == id).map(|u| u.name.clone()),
            Party::Officer(id) => self.users.iter().find(|u| u.id == id).map(|u| u.name.clone()),
        };
        found.unwrap_or_else(|| party.to_string())
    }

    /// Officers with an open account, by number.
    pub fn officers(&self) -> impl Iterator<Item = &User> {
        self.users.iter().filter(|u| u.role == Role::Officer && u.ended.is_none())
    }

    /// Whether there is such a party.
    #[must_use]
    pub fn has(&self, party: Party) -> bool {
        match party {
            Party::Zone => true,
            Party::Unit(id) => self.units.iter().any(|u| u.id == id),
            Party::Officer(id) => self.users.iter().any(|u| u.id == id),
        }
    }
}

/// Whether somebody sees everybody's sheet: directors, who answer for it, and auditors. Others see their own.
#[must_use]
pub fn sees_all(signed: &Signed) -> bool {
    signed.may(Action::EditTeam) || signed.role == Role::Auditor
}

/// Whether somebody sees this person's sheet.
#[must_use]
pub fn sees(signed: &Signed, person: UserId) -> bool {
    signed.id == person || sees_all(signed)
}

/// The year that was asked for, else this one.
#[must_use]
pub fn year(asked: &str, app: &App) -> i16 {
    asked.parse().ok().filter(|y| (2000..=2100).contains(y)).unwrap_or_else(|| app.clock.today().year())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_read_as_people_write_them() {
        assert_eq!(
            (hundredths(1613), hundredths(-5), hundredths(10_000)),
            ("16.13".into(), "-0.05".into(), "100.00".into())
        );
        assert_eq!(
            (count(2_000), count(2_100), count(1_234_567)),
            ("2".into(), "2.1".into(), "1,234.567".into())
        );
        assert_eq!(
            (percent(5, 8), percent(1, 3), percent(1, 0)),
            ("62.5%".into(), "33.3%".into(), "—".into())
        );
    }
}
