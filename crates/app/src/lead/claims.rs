//! Who claims what, in memory: every open lead and every project, found by company, alias, group or a title that looks alike.
//!
//! It follows the store: before each answer, leads changed since the last one and projects with new facts are read again. Nothing here
//! is stored, and the registration itself compares once more inside its transaction.

use crate::ledger::{Board, Line, Lines};
use anyhow::Result;
use domain::fact::{FactId, ProjectId};
use domain::lead::claim::{Claim, Clash, clash, pairs};
use domain::lead::{LeadId, LeadState};
use domain::limits::{CONFLICTS_RAISED, LEADS_CHUNK};
use domain::name::{NameKey, fold};
use jiff::civil::Date;
use std::borrow::Cow;
use std::collections::{BTreeSet, HashMap, HashSet};
use std::hash::{BuildHasher as _, RandomState};
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard};
use store::Store;
use store::lead::Lead;

/// What claims something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ClaimId {
    /// An open lead.
    Lead(LeadId),
    /// A project.
    Project(ProjectId),
}

/// A claim with what may be shown of it to everybody.
#[derive(Clone, Debug)]
pub struct Entry {
    /// Whose.
    pub id: ClaimId,
    /// What it claims.
    pub claim: Claim,
    /// Number of the officer.
    pub officer: Option<i64>,
    /// Number of the unit.
    pub unit: Option<i64>,
    /// Day of registration, or of the stage a project stands at.
    pub since: Option<Date>,
    /// Last day of a lead's protection.
    pub until: Option<Date>,
    /// Code of a project.
    pub code: String,
}

/// A claim that was found.
#[derive(Clone, Debug)]
pub struct Hit<'a> {
    /// It.
    pub entry: Cow<'a, Entry>,
    /// Why it clashes; `None` when only its name resembles what was typed.
    pub clash: Option<Clash>,
}

/// What a slot holds. A project is the line that the board holds anyway; its entry is made when it is found.
#[derive(Debug)]
enum Held {
    Entry(Box<Entry>),
    Project(Arc<Line>),
}

impl Held {
    fn id(&self) -> ClaimId {
        match self {
            Held::Entry(entry) => entry.id,
            Held::Project(line) => ClaimId::Project(line.id),
        }
    }

    fn entry(&self) -> Cow<'_, Entry> {
        match self {
            Held::Entry(entry) => Cow::Borrowed(entry),
            Held::Project(line) => Cow::Owned(project(line)),
        }
    }
}

/// The index.
#[derive(Debug, Default)]
pub struct Claims {
    held: Vec<Option<Held>>,
    slots: HashMap<ClaimId, u32>,
    /// From the hash of a token to the newest of its `links`. Two tokens of one hash do no harm: what is found is compared in full.
    tokens: HashMap<u64, u32>,
    hasher: RandomState,
    /// A slot under a token, and the link before it.
    links: Vec<(u32, Option<u32>)>,
    names: HashMap<(char, char), Vec<u32>>,
    titles: HashMap<(char, char), Vec<u32>>,
    change: i64,
    fact: Option<FactId>,
    /// The lines that were followed last.
    board: Lines,
}

/// Postings read for one question at most, the rarest pairs first.
const BUDGET: usize = 20_000;
/// Titles and names compared in full for one question.
const COMPARED: usize = 24;

impl Claims {
    /// Every claim that clashes with `claim`, the strongest ground first; then claims whose names resemble `typed`. At most `limit`.
    #[must_use]
    pub fn find(&self, claim: &Claim, typed: &str, limit: usize) -> Vec<Hit<'_>> {
        let mut seen: HashSet<u32> = HashSet::new();
        let mut hits: Vec<Hit<'_>> = Vec::new();
        let by_token = claim.tokens().into_iter().flat_map(|token| self.under(&token));
        let by_title = nearest(&self.titles, pairs(&claim.title));
        for slot in by_token.take(BUDGET).chain(by_title) {
            if let Some(entry) = self.entry(slot)
                && seen.insert(slot)
                && let Some(found) = clash(claim, &entry.claim)
            {
                hits.push(Hit { entry, clash: Some(found) });
            }
        }
        hits.sort_by_key(|h| (h.clash.as_ref().map(|c| (c.kind, std::cmp::Reverse(c.likeness))), h.entry.id));
        hits.truncate(limit);
        for slot in nearest(&self.names, name_pairs(typed)) {
            if hits.len() == limit {
                break;
            }
            if let Some(entry) = self.entry(slot)
                && seen.insert(slot)
                && resembles(typed, &entry)
            {
                hits.push(Hit { entry, clash: None });
            }
        }
        hits
    }

    /// What a registration passes to the store: leads that look alike, and projects with their clashes.
    #[must_use]
    pub fn rivals(&self, claim: &Claim, own: Option<LeadId>) -> (Vec<LeadId>, Vec<(ProjectId, Clash)>) {
        let (mut leads, mut projects) = (Vec::new(), Vec::new());
        for hit in self.find(claim, "", CONFLICTS_RAISED) {
            match (hit.entry.id, hit.clash) {
                (ClaimId::Lead(id), Some(_)) if Some(id) != own => leads.push(id),
                (ClaimId::Project(id), Some(clash)) => projects.push((id, clash)),
                _ => {}
            }
        }
        (leads, projects)
    }

    /// How many claims there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.slots.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.slots.is_empty()
    }

    /// Adds a claim, in place of the one that it had.
    pub fn put(&mut self, entry: Entry) {
        self.hold(Held::Entry(Box::new(entry)));
    }

    fn hold(&mut self, held: Held) {
        let id = held.id();
        self.remove(id);
        let Ok(slot) = u32::try_from(self.held.len()) else { return };
        let claim = &held.entry().claim;
        for token in claim.tokens() {
            let Ok(link) = u32::try_from(self.links.len()) else { return };
            let before = self.tokens.insert(self.hasher.hash_one(&token), link);
            self.links.push((slot, before));
        }
        let names: BTreeSet<(char, char)> = claim.names.iter().flat_map(|n| name_pairs(n)).collect();
        for pair in names {
            self.names.entry(pair).or_default().push(slot);
        }
        for pair in pairs(&claim.title) {
            self.titles.entry(pair).or_default().push(slot);
        }
        self.slots.insert(id, slot);
        self.held.push(Some(held));
    }

    /// Takes a claim away. Its postings stay until the index is made anew, and lead to nothing.
    pub fn remove(&mut self, id: ClaimId) {
        if let Some(slot) = self.slots.remove(&id) {
            self.held[slot as usize] = None;
        }
        // Made anew when most of it leads to nothing.
        if self.held.len() > 1_000 && self.slots.len() * 2 < self.held.len() {
            let kept: Vec<Held> = std::mem::take(&mut self.held).into_iter().flatten().collect();
            *self = Claims {
                change: self.change,
                fact: self.fact,
                board: std::mem::take(&mut self.board),
                ..Claims::default()
            };
            for held in kept {
                self.hold(held);
            }
        }
    }

    fn held(&self, slot: u32) -> Option<&Held> {
        self.held.get(slot as usize).and_then(Option::as_ref)
    }

    fn entry(&self, slot: u32) -> Option<Cow<'_, Entry>> {
        self.held(slot).map(Held::entry)
    }

    /// The slots under a token, the newest first.
    fn under(&self, token: &str) -> impl Iterator<Item = u32> + use<'_> {
        let mut next = self.tokens.get(&self.hasher.hash_one(token)).copied();
        std::iter::from_fn(move || {
            let &(slot, before) = self.links.get(next? as usize)?;
            next = before;
            Some(slot)
        })
    }

    /// The line that a project was last indexed by.
    fn line(&self, id: ProjectId) -> Option<&Arc<Line>> {
        match self.held(*self.slots.get(&ClaimId::Project(id))?)? {
            Held::Project(line) => Some(line),
            Held::Entry(_) => None,
        }
    }

    fn follow_lead(&mut self, lead: &Lead) {
        let id = ClaimId::Lead(lead.id);
        if lead.state == LeadState::Open {
            self.put(Entry {
                id,
                claim: lead.claim(),
                officer: Some(lead.said.officer.0),
                unit: lead.unit.map(|u| u.0),
                since: Some(lead.said.registered),
                until: Some(lead.protected_until),
                code: String::new(),
            });
        } else {
            self.remove(id);
        }
    }

    fn follow_board(&mut self, board: &Board) {
        if self.fact == board.last {
            return;
        }
        let followed = std::mem::take(&mut self.board);
        for line in board.lines.beyond(&followed) {
            if self.line(line.id).is_some_and(|seen| Arc::ptr_eq(seen, line) || seen == line) {
                continue;
            }
            if line.stage.is_some_and(|s| s.is_exit()) || line.company.is_empty() {
                self.remove(ClaimId::Project(line.id));
            } else {
                self.hold(Held::Project(line.clone()));
            }
        }
        self.board = board.lines.clone();
        self.fact = board.last;
    }
}

fn project(line: &Line) -> Entry {
    let key = line.company_key.to_string();
    let claim = Claim {
        uscc: (!key.is_empty() && !key.starts_with('=')).then(|| key.clone()),
        key,
        names: vec![line.company.to_string()],
        group: None,
        title: line.name.to_string(),
        segment: line.chain.contains('/').then(|| line.chain.to_string()),
        amount: line.planned.filter(|m| m.currency == domain::company::Currency::Cny).map(|m| m.amount),
    };
    Entry {
        id: ClaimId::Project(line.id),
        claim,
        officer: line.officer,
        unit: line.unit,
        since: line.signed.or(line.since),
        until: None,
        code: line.code.to_string(),
    }
}

/// Pairs of characters of what is particular to a company's name.
fn name_pairs(name: &str) -> BTreeSet<(char, char)> {
    let key = NameKey::parse(name);
    let core: Vec<char> = key.core().chars().collect();
    let text = if core.len() >= 2 { core } else { fold(name) };
    text.windows(2).map(|w| (w[0], w[1])).collect()
}

/// Slots that share the most pairs, found by the rarest pairs first within a budget.
fn nearest(index: &HashMap<(char, char), Vec<u32>>, pairs: BTreeSet<(char, char)>) -> Vec<u32> {
    let mut lists: Vec<&Vec<u32>> = pairs.iter().filter_map(|p| index.get(p)).collect();
    lists.sort_by_key(|l| l.len());
    let mut counts: HashMap<u32, u32> = HashMap::new();
    let mut read = 0;
    for list in lists {
        // The newest claims stand at the end; of a very common pair only these are looked at.
        for &slot in list.iter().rev().take(BUDGET - read) {
            *counts.entry(slot).or_default() += 1;
        }
        read = (read + list.len()).min(BUDGET);
    }
    let mut found: Vec<(u32, u32)> = counts.into_iter().map(|(slot, n)| (n, slot)).collect();
    found.sort_unstable_by(|a, b| b.cmp(a));
    found.into_iter().take(COMPARED).map(|(_, slot)| slot).collect()
}

/// Whether a name holds what was typed, or shares most of its pairs.
fn resembles(typed: &str, entry: &Entry) -> bool {
    let text: String = fold(typed).into_iter().collect();
    let asked = name_pairs(typed);
    entry.claim.names.iter().any(|name| {
        let own: String = fold(name).into_iter().collect();
        let shared = name_pairs(name).intersection(&asked).count();
        (text.chars().count() >= 2 && own.contains(&text))
            || (asked.len() >= 3 && shared * 4 >= asked.len() * 3)
    })
}

/// The index that follows the store.
#[derive(Debug, Default)]
pub struct Follower {
    index: RwLock<Claims>,
    turn: tokio::sync::Mutex<()>,
}

impl Follower {
    /// Brings the index up to now.
    ///
    /// # Errors
    /// Only when the database fails.
    pub async fn catch_up(&self, store: &Store, board: &Board) -> Result<()> {
        let _turn = self.turn.lock().await;
        // One change touches at most LEADS_CHUNK leads, so a full answer holds two changes at least; its last may be cut off and is read again.
        let most = 2 * LEADS_CHUNK + 1;
        loop {
            let change = self.read().change;
            let leads = store.leads_changed(change, most).await?;
            let full = leads.len() >= most as usize;
            if let Some(last) = leads.last() {
                let mut index = self.index.write().unwrap_or_else(PoisonError::into_inner);
                leads.iter().for_each(|lead| index.follow_lead(lead));
                index.change = last.change - i64::from(full);
            }
            if !full {
                break;
            }
        }
        if self.read().fact != board.last {
            self.index.write().unwrap_or_else(PoisonError::into_inner).follow_board(board);
        }
        Ok(())
    }

    /// The index as it is.
    pub fn read(&self) -> RwLockReadGuard<'_, Claims> {
        self.index.read().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::lead::ConflictKind;

    fn entry(n: i64, name: &str, title: &str) -> Entry {
        let claim = Claim {
            key: format!("={name}"),
            names: vec![name.into()],
            title: title.into(),
            ..Claim::default()
        };
        Entry {
            id: ClaimId::Lead(LeadId(n)),
            claim,
            officer: Some(1),
            unit: None,
            since: None,
            until: None,
            code: String::new(),
        }
    }

    fn claim(name: &str, title: &str) -> Claim {
        entry(0, name, title).claim
    }

    #[test]
    fn claims_are_found_by_alias_by_title_and_while_typing() {
        let mut claims = Claims::default();
        let mut renamed = entry(1, "江苏恒瑞新材料有限公司", "年产5万吨环氧树脂项目");
        renamed.claim.names.push("镇江恒瑞化工厂".into());
        claims.put(renamed);
        claims.put(entry(2, "上海沪临重工有限公司", "船用低速柴油机曲轴生产线"));
        let kinds = |claim: &Claim, typed: &str| -> Vec<(ClaimId, Option<ConflictKind>)> {
            claims
                .find(claim, typed, 20)
                .iter()
                .map(|h| (h.entry.id, h.clash.as_ref().map(|c| c.kind)))
                .collect()
        };
        let (one, two) = (ClaimId::Lead(LeadId(1)), ClaimId::Lead(LeadId(2)));
        assert_eq!(kinds(&claim("镇江恒瑞化工厂", ""), ""), [(one, Some(ConflictKind::SameName))]);
        assert_eq!(
            kinds(&claim("某某", "船用低速柴油机曲轴制造基地"), ""),
            [(two, Some(ConflictKind::LookAlike))]
        );
        assert_eq!(kinds(&Claim::default(), "恒瑞"), [(one, None)], "two characters are enough");
        assert_eq!(kinds(&Claim::default(), "沪临"), [(two, None)]);
        assert!(kinds(&Claim::default(), "不相干").is_empty());
    }

    #[test]
    fn a_claim_that_ended_is_found_no_more_and_the_index_does_not_grow_for_ever() {
        let mut claims = Claims::default();
        for n in 0..3_000 {
            claims.put(entry(n, &format!("第{n}号机械有限公司"), "曲轴"));
        }
        for n in 0..2_900 {
            claims.remove(ClaimId::Lead(LeadId(n)));
        }
        assert_eq!(claims.len(), 100);
        assert!(claims.held.len() < 1_200, "{}", claims.held.len());
        assert!(claims.find(&claim("第17号机械有限公司", ""), "", 20).is_empty());
        assert_eq!(claims.find(&claim("第2950号机械有限公司", ""), "", 20).len(), 1);
        claims.put(entry(2_950, "改名后机械有限公司", "曲轴"));
        assert_eq!((claims.len(), claims.find(&claim("第2950号机械有限公司", ""), "", 20).len()), (100, 0));
    }
}
