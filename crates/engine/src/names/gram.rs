//! Pairs of characters as index keys.

/// A character as the index stores it: the basic plane as it is, the rest folded into the private use area.
pub(super) fn unit(c: char) -> u16 {
    let c = c as u32;
    u16::try_from(c).unwrap_or_else(|_| 0xe000 + u16::try_from(c % 0x1900).unwrap_or(0))
}

/// Two characters side by side.
pub(super) fn beside(a: u16, b: u16) -> u64 {
    u64::from(a) << 16 | u64::from(b)
}

/// Two characters with one between them.
pub(super) fn skipping(a: u16, b: u16) -> u64 {
    1 << 32 | u64::from(a) << 16 | u64::from(b)
}

/// How many leading characters of a name give pairs with a gap; trade words at the end need none.
const SKIP_WITHIN: usize = 10;

/// The keys of one name, each once.
pub(super) fn keys_of(units: &[u16], out: &mut Vec<u64>) {
    out.clear();
    out.extend(units.windows(2).map(|w| beside(w[0], w[1])));
    out.extend(units[..units.len().min(SKIP_WITHIN)].windows(3).map(|w| skipping(w[0], w[2])));
    out.sort_unstable();
    out.dedup();
}

/// FNV-1a over the units of a core, the key of the table of equal cores.
pub(super) fn hash_units(units: &[u16]) -> u64 {
    let mut h = 0xcbf2_9ce4_8422_2325_u64;
    for u in units {
        for byte in u.to_le_bytes() {
            h = (h ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }
    h
}
