//! Checking a whole export: log by log, each with its base and its checkpoints
//! before its entries.

use std::collections::BTreeMap;

use crate::{Base, Checkpoint, Finding, Line, LogId, Verifier, VerifyingKey, Wrong};

/// What was checked, and what is wrong.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Summary {
    /// How many logs there were.
    pub logs: u64,
    /// How many entries.
    pub entries: u64,
    /// How many checkpoints, of the export and of those that were kept.
    pub checkpoints: u64,
    /// How many entries were dropped before those, as bases say.
    pub dropped: u64,
    /// Of each log that is wrong, what is wrong first.
    pub findings: Vec<Finding>,
}

/// Checks an export line by line, in bounded memory.
#[derive(Debug)]
pub struct ExportVerifier {
    keys: Vec<VerifyingKey>,
    /// Checkpoints that somebody kept, of logs that have not come yet.
    kept: BTreeMap<LogId, Vec<Checkpoint>>,
    current: Option<(LogId, Progress)>,
    summary: Summary,
}

/// How it stands with the log that is being read.
#[derive(Debug)]
enum Progress {
    Right(Box<Verifier>),
    /// It is wrong already; the rest of it is not looked at.
    Wrong,
}

impl ExportVerifier {
    /// A verifier by these keys, which holds these checkpoints, kept elsewhere,
    /// against what comes.
    #[must_use]
    pub fn new(keys: Vec<VerifyingKey>, kept: Vec<Checkpoint>) -> Self {
        let mut by_log: BTreeMap<LogId, Vec<Checkpoint>> = BTreeMap::new();
        for kept in kept {
            by_log.entry(kept.log).or_default().push(kept);
        }
        Self { keys, kept: by_log, current: None, summary: Summary::default() }
    }

    /// Checks the next line.
    pub fn push(&mut self, line: &Line) {
        let log = line.log();
        let base = if let Line::Base { base } = line { Some(base) } else { None };
        if self.current.as_ref().is_none_or(|(current, _)| *current != log) {
            self.end_log();
            self.begin_log(log, base);
            if base.is_some() {
                return;
            }
        }
        match line {
            Line::Record(_) => self.summary.entries += 1,
            Line::Checkpoint { .. } => self.summary.checkpoints += 1,
            Line::Base { .. } => {}
        }
        let keys = &self.keys;
        if let Some((_, progress)) = &mut self.current
            && let Progress::Right(verifier) = progress
            && let Err(finding) = match line {
                Line::Record(record) => verifier.push(record),
                Line::Checkpoint { checkpoint } => verifier.expect_by(checkpoint, keys),
                Line::Base { base } => Err(Finding::late(base, verifier.head().size + 1)),
            }
        {
            self.summary.findings.push(finding);
            *progress = Progress::Wrong;
        }
    }

    /// Ends the export, and says what was found.
    #[must_use]
    pub fn finish(mut self) -> Summary {
        self.end_log();
        // Logs that are not there at all, though somebody has a checkpoint of them.
        while let Some(log) = self.kept.first_key_value().map(|(log, _)| *log) {
            self.begin_log(log, None);
            self.end_log();
        }
        self.summary
    }

    fn begin_log(&mut self, log: LogId, base: Option<&Base>) {
        self.summary.logs += 1;
        self.summary.dropped += base.map_or(0, |base| base.0.size);
        let kept = self.kept.remove(&log).unwrap_or_default();
        self.summary.checkpoints += kept.len() as u64;
        let begun = Verifier::begin(log, base, &self.keys).and_then(|mut verifier| {
            kept.iter().try_for_each(|kept| verifier.expect_by(kept, &self.keys))?;
            Ok(verifier)
        });
        let progress = match begun {
            Ok(verifier) => Progress::Right(Box::new(verifier)),
            Err(finding) => {
                self.summary.findings.push(finding);
                Progress::Wrong
            }
        };
        self.current = Some((log, progress));
    }

    fn end_log(&mut self) {
        if let Some((_, Progress::Right(verifier))) = self.current.take()
            && let Err(finding) = verifier.finish(None)
        {
            self.summary.findings.push(finding);
        }
    }
}

impl Finding {
    /// A base that does not stand before its log.
    fn late(base: &Base, expected: u64) -> Self {
        let Checkpoint { log, size, .. } = base.0;
        Self { log, sequence: size, id: None, wrong: Wrong::OutOfOrder { expected } }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Digest, Record, SigningKey, entry::tests::entry};

    const LOG: LogId = LogId::Installation;

    fn records(length: u64) -> Vec<Record> {
        let mut previous = Digest::genesis(LOG);
        let record = |sequence| {
            let entry = entry(sequence, previous);
            previous = entry.hash();
            Record { entry, hash: previous, opened: BTreeMap::new() }
        };
        (1..=length).map(record).collect()
    }

    fn check(records: &[Record], kept: Vec<Checkpoint>) -> Summary {
        let keys = vec![SigningKey::from_seed([1; 32]).verifying_key()];
        let mut verifier = ExportVerifier::new(keys, kept);
        for record in records {
            verifier.push(&Line::Record(Box::new(record.clone())));
        }
        verifier.finish()
    }

    fn checkpoint(size: u64, head: Digest) -> Checkpoint {
        let at = "2026-01-15T10:00:00Z".parse().unwrap();
        SigningKey::from_seed([1; 32]).sign(LOG, size, head, at)
    }

    #[test]
    fn a_whole_export_is_right() {
        let records = records(3);
        let summary = check(&records, vec![checkpoint(2, records[1].hash)]);
        assert_eq!((summary.logs, summary.entries, summary.checkpoints), (1, 3, 1));
        assert_eq!(summary.findings, []);
    }

    #[test]
    fn a_log_that_is_gone_is_missed_by_who_kept_a_checkpoint() {
        let kept = checkpoint(2, Digest([7; 32]));
        let summary = check(&[], vec![kept]);
        assert_eq!(summary.findings[0].wrong, Wrong::CutOff { size: 2 });
    }

    #[test]
    fn an_export_may_begin_with_a_base_and_have_none_later() {
        let (key, records) = (SigningKey::from_seed([1; 32]), records(4));
        let at = "2026-01-15T10:00:00Z".parse().unwrap();
        let base = Line::Base { base: key.sign_base(LOG, 2, records[1].hash, at) };
        let line = |at: usize| Line::Record(Box::new(records[at].clone()));
        let check = |lines: &[Line]| {
            let mut verifier = ExportVerifier::new(vec![key.verifying_key()], Vec::new());
            for line in lines {
                verifier.push(line);
            }
            verifier.finish()
        };
        let summary = check(&[base.clone(), line(2), line(3)]);
        assert_eq!((summary.dropped, summary.entries, summary.findings), (2, 2, Vec::new()));
        let late = check(&[line(0), base.clone(), line(2)]);
        assert_eq!(late.findings[0].wrong, Wrong::OutOfOrder { expected: 2 });
        let twice = check(&[base.clone(), base, line(2)]);
        assert_eq!(twice.findings[0].wrong, Wrong::OutOfOrder { expected: 3 });
    }

    #[test]
    fn only_what_is_wrong_first_is_told_of_a_log() {
        let mut records = records(4);
        records[1].entry.action.push('x');
        records[2].entry.action.push('x');
        let summary = check(&records, Vec::new());
        assert_eq!(summary.findings.len(), 1);
        assert_eq!((summary.findings[0].sequence, summary.entries), (2, 4));
    }
}
