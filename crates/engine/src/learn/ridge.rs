//! One-against-rest ridge regression on sparse rows, solved in the dual by coordinate descent.
//!
//! For rows `x_i` of unit length, targets `t_ik` (1 where row `i` is of class `k`, else 0) and a damping `d_i` per row
//! the duals solve `(X Xᵀ + diag(d)) a = t`; the weights are `W = Xᵀ a`. The system is symmetric and positive
//! definite, so visiting the rows in their order (Gauss–Seidel) converges, needs no random order and gives the same
//! bits on every run: the classes are cut into fixed blocks that share nothing.

use rayon::prelude::*;

/// Sparse rows (compressed sparse row): row `i` has `columns[offsets[i]..offsets[i + 1]]`.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Rows {
    /// Where every row begins, and the end of the last: `rows + 1` values.
    pub offsets: Vec<u32>,
    /// The column of every value.
    pub columns: Vec<u32>,
    /// The values.
    pub values: Vec<f32>,
    /// The number of columns.
    pub width: usize,
}

/// The duals, row-major, `rows × classes`.
///
/// `class_of[i]` is the class of row `i`, `damping[i]` its damping (greater trusts the row less).
pub(super) fn solve(rows: &Rows, class_of: &[u32], damping: &[f32], classes: usize) -> Vec<f32> {
    let blocks: Vec<Vec<[f32; BLOCK]>> = (0..classes.div_ceil(BLOCK))
        .into_par_iter()
        .map(|block| solve_block(rows, class_of, damping, block * BLOCK))
        .collect();
    let mut duals = vec![0.0; rows.len() * classes];
    for (b, block) in blocks.iter().enumerate() {
        for (i, values) in block.iter().enumerate() {
            for (k, value) in values.iter().enumerate().take_while(|(k, _)| b * BLOCK + k < classes) {
                duals[i * classes + b * BLOCK + k] = *value;
            }
        }
    }
    duals
}

/// The weights `Xᵀ a`, row-major, `width × classes`.
pub(super) fn weights(rows: &Rows, duals: &[f32], classes: usize) -> Vec<f32> {
    let mut weights = vec![0.0; rows.width * classes];
    for i in 0..rows.len() {
        let dual = &duals[i * classes..(i + 1) * classes];
        for (column, value) in rows.row(i) {
            let target = &mut weights[column as usize * classes..(column as usize + 1) * classes];
            for (t, d) in target.iter_mut().zip(dual) {
                *t += value * d;
            }
        }
    }
    weights
}

impl Rows {
    /// No rows yet.
    pub fn new(width: usize) -> Rows {
        Rows { offsets: vec![0], columns: Vec::new(), values: Vec::new(), width }
    }

    /// The number of rows.
    pub fn len(&self) -> usize {
        self.offsets.len().saturating_sub(1)
    }

    /// Appends a row.
    pub fn push(&mut self, row: &[(u32, f32)]) {
        self.columns.extend(row.iter().map(|(column, _)| *column));
        self.values.extend(row.iter().map(|(_, value)| *value));
        self.offsets.push(u32::try_from(self.columns.len()).unwrap_or(u32::MAX));
    }

    /// The columns and values of row `i`.
    pub fn row(&self, i: usize) -> impl Iterator<Item = (u32, f32)> + '_ {
        let range = self.offsets[i] as usize..self.offsets[i + 1] as usize;
        self.columns[range.clone()].iter().copied().zip(self.values[range].iter().copied())
    }
}

/// Classes solved together: as many as fill a few vector registers.
const BLOCK: usize = 16;
/// Sweeps over all rows at most; a damping of 1 or more needs a few dozen.
const SWEEPS: usize = 200;
/// A sweep that changes no dual by more ends the descent.
const TOLERANCE: f32 = 1e-5;

fn solve_block(rows: &Rows, class_of: &[u32], damping: &[f32], first: usize) -> Vec<[f32; BLOCK]> {
    let mut weights = vec![[0.0_f32; BLOCK]; rows.width];
    let mut duals = vec![[0.0_f32; BLOCK]; rows.len()];
    let squares: Vec<f32> = (0..rows.len()).map(|i| rows.row(i).map(|(_, v)| v * v).sum()).collect();
    for _ in 0..SWEEPS {
        let mut largest = 0.0_f32;
        for i in 0..rows.len() {
            let mut step = [0.0_f32; BLOCK];
            if let Some(target) = (class_of[i] as usize).checked_sub(first).filter(|k| *k < BLOCK) {
                step[target] = 1.0;
            }
            for (column, value) in rows.row(i) {
                for (s, w) in step.iter_mut().zip(&weights[column as usize]) {
                    *s -= value * w;
                }
            }
            let scale = 1.0 / (squares[i] + damping[i]);
            for (s, a) in step.iter_mut().zip(&mut duals[i]) {
                *s = (*s - damping[i] * *a) * scale;
                *a += *s;
                largest = largest.max(s.abs());
            }
            for (column, value) in rows.row(i) {
                for (w, s) in weights[column as usize].iter_mut().zip(&step) {
                    *w += value * s;
                }
            }
        }
        if largest < TOLERANCE {
            break;
        }
    }
    duals
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Solves the dense system by Gaussian elimination.
    fn naive(rows: &Rows, class_of: &[u32], damping: &[f32], classes: usize) -> Vec<f64> {
        let n = rows.len();
        let dense = |i: usize| {
            let mut out = vec![0.0_f64; rows.width];
            rows.row(i).for_each(|(c, v)| out[c as usize] += f64::from(v));
            out
        };
        let mut system = vec![vec![0.0; n + classes]; n];
        for i in 0..n {
            for j in 0..n {
                system[i][j] = dense(i).iter().zip(dense(j)).map(|(a, b)| a * b).sum();
            }
            system[i][i] += f64::from(damping[i]);
            system[i][n + class_of[i] as usize] = 1.0;
        }
        for pivot in 0..n {
            let row = system[pivot].clone();
            for (i, other) in system.iter_mut().enumerate().filter(|(i, _)| *i != pivot) {
                let factor = other[pivot] / row[pivot];
                assert!(factor.is_finite(), "row {i}");
                other.iter_mut().zip(&row).for_each(|(a, b)| *a -= factor * b);
            }
        }
        (0..n)
            .flat_map(|i| (0..classes).map(move |k| (i, k)))
            .map(|(i, k)| system[i][n + k] / system[i][i])
            .collect()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(40))]
        #[test]
        fn agrees_with_elimination(
            raw in prop::collection::vec((prop::collection::btree_map(0_u32..6, 0.1_f32..1.0, 1..4), 0_u32..19, 0.5_f32..3.0), 1..9),
        ) {
            let mut rows = Rows::new(6);
            for (row, _, _) in &raw {
                rows.push(&row.iter().map(|(c, v)| (*c, *v)).collect::<Vec<_>>());
            }
            let class_of: Vec<u32> = raw.iter().map(|r| r.1).collect();
            let damping: Vec<f32> = raw.iter().map(|r| r.2).collect();
            let fast = solve(&rows, &class_of, &damping, 19);
            for (a, b) in fast.iter().zip(naive(&rows, &class_of, &damping, 19)) {
                prop_assert!((f64::from(*a) - b).abs() < 1e-3, "{a} {b}");
            }
        }
    }
}
