//! Every root of Σ amount × e^(−x·time), where x is the log of 1 + rate: the one place that solves for a rate
//! of return.
//!
//! The number of roots is at most the number of changes of sign of the amounts in the order of time
//! (Descartes' rule for sums of exponentials). Multiplied by e^(x·s), with `s` between the times of one
//! change of sign, and derived by x, the sum keeps all its changes of sign but that one; between two
//! neighbouring roots of the derivative the sum is monotone and has one root or none. So the roots are found
//! from the last derivative, which has none, upwards, each between ends of different sign, and none is missed
//! but a pair so close together that rounding hides it. Real numbers throughout: a rate is one.

/// One term of the sum; terms are ordered by time.
#[derive(Clone, Copy, Debug)]
pub(super) struct Term {
    /// Periods or years.
    pub time: f64,
    /// Yuan, never zero.
    pub amount: f64,
}

/// How often the amounts change their sign.
pub(super) fn sign_changes(terms: &[Term]) -> usize {
    terms.windows(2).filter(|w| differ(w[0].amount, w[1].amount)).count()
}

/// All roots in `low ..= high`, ascending.
pub(super) fn all(terms: &[Term], low: f64, high: f64) -> Vec<f64> {
    let mut sums = vec![terms.to_vec()];
    while let Some(next) = sums.last().and_then(|sum| derived(sum)) {
        sums.push(next);
    }
    let mut roots = Vec::new();
    for sum in sums.iter().rev() {
        let mut ends = vec![low];
        ends.append(&mut roots);
        ends.push(high);
        roots = ends.windows(2).filter_map(|w| between(sum, w[0], w[1])).collect();
        roots.dedup();
    }
    roots
}

/// The derivative of the sum after the shift that loses its first change of sign; `None` when it has no
/// change of sign.
fn derived(terms: &[Term]) -> Option<Vec<Term>> {
    let pair = terms.windows(2).find(|w| differ(w[0].amount, w[1].amount))?;
    let shift = f64::midpoint(pair[0].time, pair[1].time);
    let largest = terms.iter().map(|t| (t.amount * (shift - t.time)).abs()).fold(0.0, f64::max);
    let derive = |t: &Term| Term { time: t.time, amount: t.amount * (shift - t.time) / largest };
    Some(terms.iter().map(derive).filter(|t| t.amount != 0.0).collect())
}

/// The root between two ends, on which the sum is monotone.
fn between(terms: &[Term], low: f64, high: f64) -> Option<f64> {
    let (at_low, at_high) = (value(terms, low), value(terms, high));
    if at_low == 0.0 {
        return Some(low);
    }
    if at_high == 0.0 {
        return Some(high);
    }
    differ(at_low, at_high).then(|| brent(terms, (low, at_low), (high, at_high)))
}

/// Most steps for one root; bisection alone needs about 60.
const STEPS: usize = 200;

/// Brent's method (R. P. Brent, Algorithms for Minimization without Derivatives, 1973, chapter 4): inverse
/// quadratic steps where they shrink the bracket fast enough, bisection where they do not.
fn brent(terms: &[Term], low: (f64, f64), high: (f64, f64)) -> f64 {
    let ((mut a, mut fa), (mut b, mut fb)) = (low, high);
    let (mut c, mut fc) = (a, fa);
    let (mut step, mut before) = (b - a, b - a);
    for _ in 0..STEPS {
        if !differ(fb, fc) {
            (c, fc) = (a, fa);
            step = b - a;
            before = step;
        }
        if fc.abs() < fb.abs() {
            (a, fa, b, fb) = (b, fb, c, fc);
            (c, fc) = (a, fa);
        }
        let tolerance = 2.0 * f64::EPSILON * b.abs().max(1e-6);
        let half = 0.5 * (c - b);
        if half.abs() <= tolerance || fb == 0.0 {
            break;
        }
        let narrow = before.abs() >= tolerance && fa.abs() > fb.abs();
        let tried = if narrow { interpolated((a, fa), (b, fb), (c, fc)) } else { None };
        match tried {
            Some(s) if 2.0 * s.abs() < (3.0 * half.abs() - tolerance).min(before.abs()) && s * half > 0.0 => {
                before = step;
                step = s;
            }
            _ => {
                step = half;
                before = half;
            }
        }
        (a, fa) = (b, fb);
        b += if step.abs() > tolerance { step } else { tolerance.copysign(half) };
        fb = value(terms, b);
    }
    b
}

/// The step from `b` to where the curve through the three points crosses zero.
fn interpolated(a: (f64, f64), b: (f64, f64), c: (f64, f64)) -> Option<f64> {
    let s = b.1 / a.1;
    let (p, q) = if a.0 == c.0 {
        ((c.0 - b.0) * s, 1.0 - s)
    } else {
        let (q, r) = (a.1 / c.1, b.1 / c.1);
        let p = s * ((c.0 - b.0) * q * (q - r) - (b.0 - a.0) * (r - 1.0));
        (p, (q - 1.0) * (r - 1.0) * (s - 1.0))
    };
    let step = -p / q;
    step.is_finite().then_some(step)
}

/// The sum times a positive number that keeps every power at most one, so that nothing overflows and the sign
/// is that of the sum.
fn value(terms: &[Term], x: f64) -> f64 {
    let reference = if x < 0.0 { terms.last() } else { terms.first() }.map_or(0.0, |t| t.time);
    terms.iter().map(|t| t.amount * (-x * (t.time - reference)).exp()).sum()
}

fn differ(a: f64, b: f64) -> bool {
    (a > 0.0 && b < 0.0) || (a < 0.0 && b > 0.0)
}
