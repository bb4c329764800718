//! Bytes to lines of text: UTF-8, UTF-16 by its mark, GB18030 when it is neither.

use anyhow::{Context as _, Result, bail};
use domain::limits;
use std::io::Read;

const BLOCK: usize = 64 << 10;
/// A line beyond this is cut and marked; it holds more than any row may.
const LINE_BYTES: usize = 4 << 20;

/// How the bytes of a text file are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// UTF-8 with or without a mark.
    Utf8,
    /// UTF-16, little end first (Excel's "Unicode text").
    Utf16Le,
    /// UTF-16, big end first.
    Utf16Be,
    /// GB18030, which holds GBK and GB 2312.
    Gb18030,
}

impl Encoding {
    /// Its usual name.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.rules().name()
    }

    fn rules(self) -> &'static encoding_rs::Encoding {
        match self {
            Encoding::Utf8 => encoding_rs::UTF_8,
            Encoding::Utf16Le => encoding_rs::UTF_16LE,
            Encoding::Utf16Be => encoding_rs::UTF_16BE,
            Encoding::Gb18030 => encoding_rs::GB18030,
        }
    }
}

/// Decides the encoding over the whole file, because the first Chinese name can stand far down.
///
/// A file that is UTF-8 but for a few damaged bytes (one in twenty of its non-ASCII characters) stays UTF-8; the rows with the damage are rejected later.
///
/// # Errors
/// Reading fails, or more than `limits::INTAKE_UNPACKED_BYTES` come out.
pub fn detect(mut reader: impl Read) -> Result<Encoding> {
    let mut buffer = vec![0u8; BLOCK + 8];
    let mut kept = 0usize;
    let (mut total, mut wide, mut broken) = (0u64, 0u64, 0u64);
    loop {
        let got = reader.read(&mut buffer[kept..]).context("cannot read the file")?;
        if total == 0 {
            match &buffer[..got] {
                [0xff, 0xfe, ..] => return Ok(Encoding::Utf16Le),
                [0xfe, 0xff, ..] => return Ok(Encoding::Utf16Be),
                _ => {}
            }
        }
        total += got as u64;
        if total > limits::INTAKE_UNPACKED_BYTES {
            bail!("the file unpacks to more than {} bytes; split it", limits::INTAKE_UNPACKED_BYTES);
        }
        let end = kept + got;
        let mut at = 0;
        kept = 0;
        while at < end {
            match std::str::from_utf8(&buffer[at..end]) {
                Ok(text) => {
                    wide += count_wide(text.as_bytes());
                    break;
                }
                Err(error) => {
                    let good = at + error.valid_up_to();
                    wide += count_wide(&buffer[at..good]);
                    match error.error_len() {
                        Some(length) => {
                            broken += 1;
                            at = good + length;
                        }
                        // A character cut by the end of the block: keep it for the next round.
                        None if got > 0 => {
                            buffer.copy_within(good..end, 0);
                            kept = end - good;
                            break;
                        }
                        None => {
                            broken += 1;
                            break;
                        }
                    }
                }
            }
        }
        if got == 0 {
            return Ok(if broken * 20 > wide { Encoding::Gb18030 } else { Encoding::Utf8 });
        }
        if broken > 1_000 && broken > wide {
            return Ok(Encoding::Gb18030);
        }
    }
}

fn count_wide(bytes: &[u8]) -> u64 {
    bytes.iter().filter(|b| **b >= 0xc0).count() as u64
}

/// Lines of text without their ends, from bytes of any encoding.
pub struct Lines<R> {
    inner: R,
    decoder: encoding_rs::Decoder,
    block: Vec<u8>,
    text: String,
    at: usize,
    /// Bytes read so far, against the limit.
    total: u64,
    ended: bool,
    /// Old Macintosh files end their lines with a carriage return alone.
    end: u8,
}

/// One line.
#[derive(Debug)]
pub struct Line {
    /// The text without its end.
    pub text: String,
    /// Whether it was cut at the limit.
    pub cut: bool,
}

impl<R: Read> Lines<R> {
    /// Starts reading.
    ///
    /// # Errors
    /// The first block cannot be read.
    pub fn new(inner: R, encoding: Encoding) -> Result<Lines<R>> {
        let decoder = encoding.rules().new_decoder_with_bom_removal();
        let block = vec![0u8; BLOCK];
        let mut lines =
            Lines { inner, decoder, block, text: String::new(), at: 0, total: 0, ended: false, end: b'\n' };
        lines.fill()?;
        if !lines.text.contains('\n') && lines.text.contains('\r') {
            lines.end = b'\r';
        }
        Ok(lines)
    }

    /// The next line, or `None` at the end.
    ///
    /// # Errors
    /// Reading fails, or the limit on unpacked bytes is passed.
    pub fn next_line(&mut self) -> Result<Option<Line>> {
        let mut searched = self.at;
        loop {
            if let Some(found) = find(&self.text.as_bytes()[searched..], self.end) {
                let end = searched + found;
                return Ok(Some(self.take(end, end + 1)));
            }
            searched = self.text.len();
            if self.ended {
                let end = self.text.len();
                return Ok((self.at < end).then(|| self.take(end, end)));
            }
            if self.text.len() - self.at > LINE_BYTES {
                return self.skip_long_line().map(Some);
            }
            searched -= self.fill()?;
        }
    }

    fn take(&mut self, end: usize, next: usize) -> Line {
        let text = self.text[self.at..end].trim_end_matches(['\r', '\n']).to_string();
        self.at = next;
        Line { text, cut: false }
    }

    fn skip_long_line(&mut self) -> Result<Line> {
        let start: String = self.text[self.at..].chars().take(1_000).collect();
        loop {
            self.at = self.text.len();
            if self.ended {
                break;
            }
            self.fill()?;
            if let Some(found) = find(&self.text.as_bytes()[self.at..], self.end) {
                self.at += found + 1;
                break;
            }
        }
        Ok(Line { text: start, cut: true })
    }

    /// Decodes one more block; gives back how many bytes of used text were dropped from the front.
    fn fill(&mut self) -> Result<usize> {
        let dropped = self.at;
        self.text.drain(..dropped);
        self.at = 0;
        let got = self.inner.read(&mut self.block).context("cannot read the file")?;
        self.total += got as u64;
        if self.total > limits::INTAKE_UNPACKED_BYTES {
            bail!("the file unpacks to more than {} bytes; split it", limits::INTAKE_UNPACKED_BYTES);
        }
        self.ended = got == 0;
        let room = self.decoder.max_utf8_buffer_length(got).unwrap_or(got * 4 + 16);
        self.text.reserve(room);
        let _ = self.decoder.decode_to_string(&self.block[..got], &mut self.text, self.ended);
        Ok(dropped)
    }
}

fn find(bytes: &[u8], end: u8) -> Option<usize> {
    bytes.iter().position(|b| *b == end)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(bytes: &[u8], encoding: Encoding) -> Vec<String> {
        let mut lines = Lines::new(bytes, encoding).unwrap();
        let mut out = Vec::new();
        while let Some(line) = lines.next_line().unwrap() {
            out.push(line.text);
        }
        out
    }

    #[test]
    fn tells_encodings_apart() {
        let text = "企业名称,地址\n镇江样板公司,江苏\n";
        let (gb, _, _) = encoding_rs::GB18030.encode(text);
        assert_eq!(detect(text.as_bytes()).unwrap(), Encoding::Utf8);
        assert_eq!(detect(&*gb).unwrap(), Encoding::Gb18030);
        assert_eq!(detect(&b"\xff\xfea\0"[..]).unwrap(), Encoding::Utf16Le);
        let far = ["ascii only\n".repeat(20_000).into_bytes(), gb.to_vec()].concat();
        assert_eq!(detect(&*far).unwrap(), Encoding::Gb18030);
        let damaged = [text.repeat(10).into_bytes(), b"\xff".to_vec()].concat();
        assert_eq!(detect(&*damaged).unwrap(), Encoding::Utf8);
        assert_eq!(lines(&gb, Encoding::Gb18030), lines(text.as_bytes(), Encoding::Utf8));
    }

    #[test]
    fn lines_end_in_three_ways_and_cross_blocks() {
        assert_eq!(lines(b"\xef\xbb\xbfa\r\nb\n\nc", Encoding::Utf8), ["a", "b", "", "c"]);
        assert_eq!(lines(b"a\rb\r", Encoding::Utf8), ["a", "b"]);
        let long = "字".repeat(100_000);
        assert_eq!(
            lines(format!("{long}\n{long}\nx").as_bytes(), Encoding::Utf8),
            [long.as_str(), &long, "x"]
        );
    }

    #[test]
    fn an_endless_line_is_cut() {
        let bytes = [vec![b'a'; LINE_BYTES + 3 * BLOCK], b"\nb\n".to_vec()].concat();
        let mut lines = Lines::new(&*bytes, Encoding::Utf8).unwrap();
        assert!(lines.next_line().unwrap().unwrap().cut);
        assert_eq!(lines.next_line().unwrap().unwrap().text, "b");
        assert!(lines.next_line().unwrap().is_none());
    }
}
