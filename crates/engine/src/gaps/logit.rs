//! Conditional logit with a Gaussian prior, by Newton's method.

use super::evidence::{KINDS, Row};

/// One question: the rows of the candidates; the one that was hidden stands last.
pub(super) type Question = Vec<Row>;

/// The weights `b` that maximise `sum over questions of ln softmax(b · row)[hidden] - pull/2 |b - prior|²`.
///
/// The function is strictly concave for `pull > 0`; steps are halved until they gain, and it stops when nothing does.
pub(super) fn learn(questions: &[Question], prior: Row, pull: f64) -> Row {
    let mut weights = prior;
    let mut now = value(questions, &weights, &prior, pull);
    for _ in 0..25 {
        let (slope, bend) = derivatives(questions, &weights, &prior, pull);
        let Some(step) = solve(bend, slope) else { break };
        let mut factor = 1.0;
        let mut gained = 0.0;
        while factor > 1e-6 {
            let mut next = weights;
            next.iter_mut().zip(&step).for_each(|(w, s)| *w += factor * s);
            let then = value(questions, &next, &prior, pull);
            if then > now {
                (gained, weights, now) = (then - now, next, then);
                break;
            }
            factor /= 2.0;
        }
        if gained < 1e-9 * (1.0 + now.abs()) {
            break;
        }
    }
    weights
}

/// `b · row`.
pub(super) fn dot(weights: &Row, row: &Row) -> f64 {
    weights.iter().zip(row).map(|(w, x)| w * x).sum()
}

fn value(questions: &[Question], weights: &Row, prior: &Row, pull: f64) -> f64 {
    let far: f64 = weights.iter().zip(prior).map(|(w, p)| (w - p).powi(2)).sum();
    let sure: f64 =
        questions.iter().map(|q| chances(q, weights).last().map_or(0.0, |p| p.max(1e-300).ln())).sum();
    sure - pull / 2.0 * far
}

fn derivatives(questions: &[Question], weights: &Row, prior: &Row, pull: f64) -> (Row, [Row; KINDS]) {
    let mut slope = [0.0; KINDS];
    let mut bend = [[0.0; KINDS]; KINDS];
    for k in 0..KINDS {
        slope[k] = -pull * (weights[k] - prior[k]);
        bend[k][k] = pull;
    }
    for question in questions {
        let Some(hidden) = question.last() else { continue };
        let chance = chances(question, weights);
        let mut mean = [0.0; KINDS];
        for (row, p) in question.iter().zip(&chance) {
            mean.iter_mut().zip(row).for_each(|(m, x)| *m += p * x);
        }
        for k in 0..KINDS {
            slope[k] += hidden[k] - mean[k];
        }
        for (row, p) in question.iter().zip(&chance) {
            for a in 0..KINDS {
                let left = p * (row[a] - mean[a]);
                for b in 0..=a {
                    bend[a][b] += left * (row[b] - mean[b]);
                }
            }
        }
    }
    let lower = bend;
    for (a, row) in lower.iter().enumerate() {
        for (b, &x) in row.iter().enumerate().take(a) {
            bend[b][a] = x;
        }
    }
    (slope, bend)
}

/// Softmax of the scores.
fn chances(question: &Question, weights: &Row) -> Vec<f64> {
    let scores: Vec<f64> = question.iter().map(|row| dot(weights, row)).collect();
    let top = scores.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let mut chance: Vec<f64> = scores.iter().map(|s| (s - top).exp()).collect();
    let sum: f64 = chance.iter().sum();
    chance.iter_mut().for_each(|p| *p /= sum);
    chance
}

/// Solves `a x = b` for a symmetric positive definite `a` (Gauss without pivoting is stable there).
fn solve(mut a: [Row; KINDS], mut b: Row) -> Option<Row> {
    for k in 0..KINDS {
        if a[k][k] <= 0.0 || !a[k][k].is_finite() {
            return None;
        }
        for r in k + 1..KINDS {
            let f = a[r][k] / a[k][k];
            let pivot = a[k];
            a[r].iter_mut().zip(&pivot).skip(k).for_each(|(x, p)| *x -= f * p);
            b[r] -= f * b[k];
        }
    }
    for k in (0..KINDS).rev() {
        for c in k + 1..KINDS {
            b[k] -= a[k][c] * b[c];
        }
        b[k] /= a[k][k];
    }
    Some(b)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// With one kind that alone decides and a flat prior, the slope at the answer is zero.
    #[test]
    fn the_answer_is_a_maximum() {
        let row = |x: f64, y: f64| {
            let mut r = [0.0; KINDS];
            (r[0], r[1]) = (x, y);
            r
        };
        let questions = vec![
            vec![row(0.0, 1.0), row(0.5, 0.0), row(1.0, 0.2)],
            vec![row(0.9, 0.3), row(0.1, 0.8), row(0.6, 0.1)],
            vec![row(0.2, 0.3), row(0.1, 0.9), row(0.8, 0.4)],
        ];
        let prior = [0.1; KINDS];
        let b = learn(&questions, prior, 0.5);
        let (slope, _) = derivatives(&questions, &b, &prior, 0.5);
        assert!(slope.iter().all(|s| s.abs() < 1e-4), "{slope:?}");
        assert!(b[0] > 0.3, "the first kind speaks for the hidden one: {b:?}");
        assert!(value(&questions, &b, &prior, 0.5) > value(&questions, &prior, &prior, 0.5));
    }

    #[test]
    fn without_questions_the_prior_stays() {
        let prior = [0.25; KINDS];
        assert_eq!(learn(&[], prior, 1.0), prior);
    }
}
