//! Every limit the product has, by name, so that a reader finds them in one place.

/// Segments in one chain file.
pub const CHAIN_SEGMENTS: usize = 2_000;
/// Words of one segment (placing and excluding each).
pub const SEGMENT_WORDS: usize = 200;
/// Characters of one word of a segment.
pub const WORD_CHARS: usize = 40;
/// Faults that one check of a chain file reports; more are counted, not listed.
pub const CHAIN_FAULTS: usize = 500;
/// Bytes of one chain file.
pub const CHAIN_FILE_BYTES: usize = 4 << 20;
/// Rows of one page of any list that the store answers.
pub const PAGE_ROWS: u32 = 1_000;
/// Divisions that a zone's settings may name in all.
pub const ZONE_REGIONS: usize = 500;
/// Words of the rule that recognises residents by address.
pub const RESIDENT_RULE_WORDS: usize = 50;
/// Weights of the target score that a zone may set: one of every chain, and the features.
pub const ZONE_WEIGHTS: usize = CHAINS + 50;
/// Largest weight either way, in thousandths.
pub const WEIGHT_PER_MILLE: i32 = 100_000;
/// Residents that one import may bring.
pub const RESIDENTS: usize = 200_000;
/// Column headings that may be mapped.
pub const COLUMN_MAPPINGS: usize = 10_000;
/// Characters of a login, a person's name, a reason and other one-line texts.
pub const LINE_CHARS: usize = 200;

/// Characters of a password, at least.
pub const PASSWORD_MIN: usize = 10;
/// Characters of a password, at most.
pub const PASSWORD_MAX: usize = 200;
/// Failed sign-ins per account within the window.
pub const SIGN_IN_TRIES: usize = 10;
/// Failed sign-ins per address within the window.
pub const SIGN_IN_TRIES_ADDRESS: usize = 100;
/// Accounts and addresses whose failures are remembered.
pub const SIGN_IN_KEYS: usize = 10_000;
/// Computations that run at once; more wait, and after [`COMPUTE_WAIT_SECONDS`] the reader is told.
pub const COMPUTE_SLOTS: usize = 2;
/// Seconds that a page waits for a free computation.
pub const COMPUTE_WAIT_SECONDS: u64 = 10;
/// Bytes of a form.
pub const FORM_BYTES: usize = 1 << 20;
/// Bytes of one short field of a form that also carries a file.
pub const FIELD_BYTES: usize = 4 << 10;
/// Bytes of one uploaded company list (as stored, so compressed for xlsx and gz).
pub const INTAKE_FILE_BYTES: u64 = 4 << 30;
/// Bytes of one company list after unpacking (xlsx, gz).
pub const INTAKE_UNPACKED_BYTES: u64 = 16 << 30;
/// Bytes of one spreadsheet after unpacking: its texts are held in memory.
pub const INTAKE_XLSX_UNPACKED_BYTES: u64 = 2 << 30;
/// Columns of a company list.
pub const INTAKE_COLUMNS: usize = 500;
/// Bytes of one cell.
pub const INTAKE_CELL_BYTES: usize = 256 << 10;
/// Rows of one company list.
pub const INTAKE_ROWS: u64 = 200_000_000;
/// Rows at the start of a file among which the heading is looked for.
pub const INTAKE_TITLE_ROWS: usize = 20;
/// Characters of a company name.
pub const COMPANY_NAME_CHARS: usize = 200;
/// Chains that a zone may hold.
pub const CHAINS: usize = 200;
/// Chain leaders (链主) that may be named in all.
pub const LEADERS: usize = 2_000;
/// Minutes after which a session that nobody uses ends, when the zone sets none.
pub const IDLE_MINUTES: u16 = 30;
/// The fewest minutes a zone may set there.
pub const IDLE_MINUTES_LEAST: u16 = 5;
/// The most minutes a zone may set there.
pub const IDLE_MINUTES_MOST: u16 = 720;
/// Minutes that an account or an address stays locked after its last failed sign-in of too many; the failures counted are as old at most.
pub const LOCK_MINUTES: i64 = 15;
/// Forms that one session may send in a minute.
pub const POSTS_PER_MINUTE: u32 = 300;
/// Forms that one address may send in a minute without being signed in.
pub const POSTS_PER_MINUTE_ADDRESS: u32 = 120;
/// Requests that one access token may make in a minute.
pub const API_PER_MINUTE: u32 = 600;
/// Sessions, tokens and addresses whose requests of this minute are counted apart; any more share one count.
pub const RATE_KEYS: usize = 50_000;
/// Access tokens of one person that are open at one time.
pub const TOKENS: usize = 20;
/// Days that an access token lasts at most.
pub const TOKEN_DAYS: i64 = 365;
/// Accounts of a zone that one page lists, ended ones too.
pub const PEOPLE: usize = 5_000;
/// Units (部门/单位) of a zone in all, ended ones too.
pub const UNITS: usize = 500;
/// Refusals ("not again") that may stand at one time.
pub const REFUSALS: usize = 100_000;
/// Bytes of an old xls file, which is read whole.
pub const INTAKE_XLS_BYTES: u64 = 128 << 20;

/// Hours after which an upload that nobody imported is removed.
pub const UPLOAD_HOURS: i64 = 24;
/// Rows of rejects that the page shows; the file has them all.
pub const REJECTS_SHOWN: usize = 50;
/// Imports on one page.
pub const IMPORTS_PAGE: u32 = 50;
/// Targets on one page.
pub const TARGETS_PAGE: usize = 50;
/// Targets ranked for one question; more are counted but not listed.
pub const TARGETS_RANKED: usize = 500;
/// Targets listed for one gap.
pub const TARGETS_PER_GAP: usize = 50;
/// Gaps that one question asks about.
pub const TARGET_GAPS: usize = 400;
/// Residents listed on one page.
pub const RESIDENTS_SHOWN: usize = 500;
/// Names on the list of residents that are no one company, shown with their candidates on one page.
pub const UNMATCHED_SHOWN: usize = 100;
/// Candidates that the company search shows.
pub const SEARCH_HITS: usize = 20;
/// Former names of a company that a lead may carry.
pub const LEAD_NAMES: usize = 20;
/// Characters of what a company asks for, and of what a contact brought.
pub const LEAD_TEXT_CHARS: usize = 2_000;
/// Leads on one page of the list.
pub const LEADS_PAGE: u32 = 50;
/// Contacts of one lead.
pub const LEAD_CONTACTS: usize = 2_000;
/// Open leads that the hourly job and the index of claims read at a time.
pub const LEADS_CHUNK: u32 = 1_000;
/// Open leads of a zone in all.
pub const LEADS_OPEN: usize = 200_000;
/// Conflicts that one registration raises; more of the same are found when these are settled.
pub const CONFLICTS_RAISED: usize = 20;
/// Appeals against one conflict.
pub const APPEALS: usize = 3;
/// Claims shown while a name is typed.
pub const CLAIMS_SHOWN: usize = 20;
/// Rows of each list on the desk.
pub const DESK_ROWS: u32 = 20;
/// Bytes of a calendar or of a rule set of clues.
pub const RULE_FILE_BYTES: usize = 256 << 10;
/// Entries of the journal on one page.
pub const JOURNAL_PAGE: u32 = 100;
/// Bytes of one line in an export of the journal: one entry with what was there before and after.
pub const JOURNAL_LINE_BYTES: usize = 64 << 20;

/// Days that one event may last.
pub const EVENT_DAYS: i32 = 100;
/// Characters of an event's purpose.
pub const EVENT_TEXT_CHARS: usize = 2_000;
/// Guests of one event.
pub const EVENT_GUESTS: usize = 5_000;
/// Guests that one paste may bring.
pub const GUESTS_AT_ONCE: usize = 500;
/// Costs of one event.
pub const EVENT_COSTS: usize = 500;
/// Events on one page.
pub const EVENTS_PAGE: u32 = 50;
/// Events of one year that the page of outcomes adds up.
pub const EVENTS_YEAR: usize = 2_000;
/// Guests of one year that the assessment reads.
pub const GUESTS_YEAR: usize = 100_000;
/// Leads that the assessment of one year, or the page of outcomes, reads.
pub const LEADS_YEAR: usize = 100_000;
/// Leads and projects listed for one event.
pub const OUTCOMES_SHOWN: usize = 200;
/// Rows that the page of outcomes lists behind one of its totals.
pub const OUTCOMES_OPENED: usize = 1_000;
/// Rows of yearly targets that one year may have, corrections too.
pub const GOALS_YEAR: usize = 20_000;
/// Formulas of the assessment in all.
pub const FORMULAS: usize = 500;
/// Rows behind one item of the assessment that the page lists; the workbook has them all.
pub const ASSESSMENT_ROWS: usize = 200;
/// Bytes of one formula of the assessment.
pub const FORMULA_BYTES: usize = 128 << 10;
/// Items of one formula.
pub const FORMULA_ITEMS: usize = 60;
/// Groups of one formula.
pub const FORMULA_GROUPS: usize = 12;
/// Grades of one formula.
pub const FORMULA_GRADES: usize = 10;
/// Characters of a long text of a fact, and of the reason of a correction.
pub const FACT_TEXT_CHARS: usize = 10_000;
/// Files that one fact may carry.
pub const FACT_FILES: usize = 50;
/// Largest amount of one fact, whole currency units.
pub const FACT_MONEY: i64 = 1_000_000_000_000;
/// Facts that one change may record of one project.
pub const FACTS_AT_ONCE: usize = 200;
/// Projects that one import may bring.
pub const PROJECTS_IMPORTED: usize = 200_000;
/// Bytes of one piece of evidence.
pub const EVIDENCE_BYTES: u64 = 50 << 20;
/// Projects on one page.
pub const PROJECTS_PAGE: usize = 50;
/// Exchange rates that may be recorded in all.
pub const RATES: usize = 100_000;
/// Rows of one table of projects that is shown before it is imported.
pub const PROJECT_TABLE_ROWS: usize = 20_000;
/// Rows of a table of projects on one page.
pub const PROJECT_ROWS_PAGE: usize = 50;
/// Sheets of a workbook that are looked into for a table.
pub const SHEETS_TRIED: usize = 30;
/// Projects that are offered for one row of a table.
pub const MATCHES_OFFERED: usize = 5;
/// Days for which the choices about a table are kept.
pub const CHOICES_DAYS: i64 = 30;
/// Imports of projects that the page lists.
pub const PROJECT_IMPORTS_SHOWN: u32 = 20;

/// Bytes of one text of figure definitions.
pub const DEFINITION_BYTES: usize = 256 << 10;
/// Projects that one definition may count or leave out by name.
pub const DEFINITION_LISTED: usize = 2_000;
/// Definitions in force at one time.
pub const DEFINITIONS: usize = 200;
/// Changes that one restatement lists; more are counted, not listed.
pub const RESTATED: usize = 10_000;
/// Rows of a figure on one page; the file has them all.
pub const FIGURE_ROWS: usize = 500;
/// Months that the slider of "as of" goes back.
pub const AS_OF_MONTHS: i32 = 36;
/// Figures and reports kept in memory; each is as large as the rows it shows.
pub const FIGURES_KEPT: usize = 16;
/// Items of one page that a program may ask for.
pub const API_PAGE: usize = 500;

/// Shares of one credit split.
pub const CREDIT_SHARES: usize = 50;
/// Closings of periods in all.
pub const PERIODS: usize = 10_000;
/// Versions of definitions in all.
pub const DEFINITION_VERSIONS: usize = 10_000;
/// Units that one review asks.
pub const REVIEW_UNITS: usize = 50;
/// Reviews on one page.
pub const REVIEWS_PAGE: u32 = 50;
/// Cards of one column of the board; the list has them all.
pub const BOARD_CARDS: usize = 30;
/// Files that one form may carry.
pub const FORM_FILES: usize = 20;
/// Fields of a form with files.
pub const FORM_FIELDS: usize = 200;
/// Bytes of evidence that one page hashes to see whether it was altered; larger files are hashed when they are opened.
pub const EVIDENCE_HASHED: u64 = 64 << 20;
/// Files inside one zipped document; only their names are looked at.
pub const EVIDENCE_PARTS: usize = 20_000;
/// Projects that one export of the list holds; more than a sheet of a spreadsheet is not.
pub const PROJECTS_EXPORTED: usize = 200_000;
/// Projects left out, and projects undecided, that one exported report lists.
pub const EXPORT_LEFT_OUT: usize = 20_000;

/// Most characters of one text in an offer's line.
pub const OFFER_TEXT_CHARS: usize = 2_000;
/// Most rules of a fair-competition rule set.
pub const OFFER_RULES: usize = 200;

/// First and last year that a change of the inventory may take effect in.
pub const FIRST_YEAR: i16 = 1978;
/// See [`FIRST_YEAR`].
pub const LAST_YEAR: i16 = 2100;
/// The largest number that a field of the inventory holds, in its base unit (hundredths of a square metre, yuan).
pub const INVENTORY_NUMBER: i64 = 1_000_000_000_000_000;
/// Characters of one long text of the inventory; a boundary is one.
pub const INVENTORY_TEXT_CHARS: usize = 60_000;
/// Characters of the reason of a change of the inventory.
pub const INVENTORY_REASON_CHARS: usize = 500;
/// Rows of one import into the inventory.
pub const INVENTORY_ROWS: usize = 20_000;
/// Records of one kind.
pub const INVENTORY_ITEMS: usize = 50_000;
/// Changes of the records of one kind.
pub const INVENTORY_CHANGES: usize = 500_000;
/// How deep parts of parts go: rooms of a building of a parcel.
pub const INVENTORY_DEPTH: usize = 3;
/// Records that are held in one step.
pub const HOLDS_AT_ONCE: usize = 20;
/// Holds in all that were not ended.
pub const HOLDS: usize = 100_000;
/// Holds that a page of one project or record lists.
pub const HOLDS_SHOWN: usize = 200;
/// Records of an inventory on one page.
pub const INVENTORY_PAGE: usize = 100;
/// Rows of an import into the inventory that its preview lists.
pub const INVENTORY_PREVIEW: usize = 500;
/// Records of every kind that belong to one project.
pub const INVENTORY_PROJECT: usize = 2_000;
/// Years of an appraisal.
pub const APPRAISAL_YEARS: usize = 50;
/// Rows of one list in a one-page brief.
pub const BRIEF_ROWS: usize = 6;
/// Corners of one boundary.
pub const BOUNDARY_POINTS: usize = 500;
/// Outlines (圈) of one parcel in a file of boundary points.
pub const BOUNDARY_RINGS: usize = 50;
/// Faults that are told of one parcel of a file of boundary points, or of its head.
pub const BOUNDARY_FAULTS: usize = 20;
/// Bytes of a file of boundary points.
pub const BOUNDARY_FILE_BYTES: u64 = 32 << 20;
/// Degrees beyond the edge of its zone at which a parcel may lie: a county on the edge uses one zone.
pub const BOUNDARY_BEYOND_ZONE: f64 = 1.0;
/// A stated area may differ from the computed one by this share of it (parts per thousand): an area on the ellipsoid differs from that of the
/// plane by up to 0.7 at the edge of a 3° zone.
pub const BOUNDARY_AREA_PER_MILLE: i64 = 1;
/// A stated area may always differ by this, hundredths of a square metre: the fourth decimal of a hectare.
pub const BOUNDARY_AREA_HUNDREDTHS: i64 = 100;
/// Neighbouring parcels that are put together at most.
pub const COMBINED: usize = 4;
/// Sets of neighbours that are shown.
pub const COMBOS: usize = 20;
/// Sets of neighbours that are looked at.
pub const COMBOS_TRIED: usize = 20_000;
/// Parcels that a map labels; with more, the labels would cover the map.
pub const MAP_LABELS: usize = 120;
/// Places that a match lists, of either sort.
pub const FITS_SHOWN: usize = 100;
// Land.
/// Largest area, hundredths of a square metre: ten million km², more than the country.
pub const AREA_HUNDREDTHS: i64 = 1_000_000_000_000_000;
/// Rows of one rule file about land: schemes of an evaluation, controls.
pub const LAND_RULES: usize = 1_000;
// Policies.
/// Texts of a list that a company or project has as one fact (segments, qualifications).
pub const FACT_LIST: usize = 100;
/// Characters of one expression of a policy, as it is written and as it is printed again.
pub const EXPR_CHARS: usize = 2_000;
/// How deep an expression of a policy may be nested.
pub const EXPR_DEPTH: usize = 40;
/// Policies of one library.
pub const POLICIES: usize = 2_000;
/// Clauses of one policy.
pub const POLICY_CLAUSES: usize = 40;
/// Examples of one policy.
pub const POLICY_EXAMPLES: usize = 40;
/// Characters of one text of a policy.
pub const POLICY_TEXT_CHARS: usize = 2_000;
/// Words of one scenario by which companies are matched.
pub const SCENARIO_WORDS: usize = 40;
/// Chain segments of one scenario or capability.
pub const SCENARIO_SEGMENTS: usize = 40;
/// Companies that one matching of a scenario lists; more are counted.
pub const SCENARIO_MATCHES: usize = 100;
/// Rules about tenders.
pub const TENDER_RULES: usize = 200;
/// Residents that one matching of a scenario compares.
pub const RESIDENTS_COMPARED: usize = 10_000;
// Capital.
/// Most flows of one series; a hundred years of months are 1,200.
pub const CASH_FLOWS: usize = 2_000;
/// Most changes of sign in a series whose rate of return is asked for.
pub const SIGN_CHANGES: usize = 60;
/// Most steps of the tree that values a warrant; the work grows with their square.
pub const TREE_STEPS: u32 = 2_000;
/// Most days of a warrant that is valued: twenty years.
pub const TREE_DAYS: u32 = 7_305;
/// Projects that one allocation takes in.
pub const ALLOCATED: usize = 400;

/// Connectors of a data space that one instance knows.
pub const DS_PEERS: usize = 1_000;
/// Datasets that one instance publishes.
pub const DS_ASSETS: usize = 100_000;
/// Exchanges, agreements, uses or messages that a page of the data space lists.
pub const DS_LISTED: usize = 200;
/// Messages of the data space that are sent at once.
pub const DS_AT_ONCE: usize = 64;
/// Characters kept of what a peer answered.
pub const DS_SAID_CHARS: usize = 1_000;
/// Characters of the description of a dataset.
pub const DS_DESCRIPTION_CHARS: usize = 2_000;
/// Requests of one peer in a minute.
pub const DS_REQUESTS_PER_MINUTE: u32 = 6_000;
/// Bytes of an answer of a peer's that is read whole: a page of a catalogue.
pub const DS_ANSWER_BYTES: usize = 64 << 20;
/// How often a message is tried before it is given up: about a quarter of an hour.
pub const DS_TRIES: i64 = 12;
/// Leads handed over and received in one cooperation of zones.
pub const COOP_LEADS: usize = 5_000;
/// How often one fetch of data may go on after it was cut, without counting again.
pub const DS_RESUMES: i64 = 100;
/// Bytes that may have been sent and lost on the way when a fetch is cut: from so far back it may go on.
pub const DS_LOST_BYTES: i64 = 16 << 20;
/// The most bytes of data that we take from a peer in one transfer.
pub const DS_TAKEN_BYTES: u64 = 64 << 30;
/// How often a push is tried before the transfer is ended.
pub const DS_PUSHES: u32 = 5;
/// Companies outside the zone that one opportunity is compared with: those that fit its segments best.
pub const UNIVERSE_COMPARED: usize = 5_000;
