//! Checking a log from its first entry to its last.

use std::{collections::BTreeMap, fmt};

use crate::{Base, Checkpoint, Digest, Entry, LogId, Record, SignatureError, VerifyingKey};

/// How far a log is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Head {
    /// How many entries it has.
    pub size: u64,
    /// The hash of the last one, or of what stands before the first.
    pub hash: Digest,
}

impl Head {
    /// A log without entries.
    #[must_use]
    pub fn empty(log: LogId) -> Self {
        Self { size: 0, hash: Digest::genesis(log) }
    }
}

/// What is wrong with an entry, or with a checkpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wrong {
    /// It is an entry of another log.
    OtherLog(LogId),
    /// Entries before it are missing.
    Missing {
        /// The number that was to come.
        expected: u64,
    },
    /// It stands where another should: a number comes twice, or out of order.
    OutOfOrder {
        /// The number that was to come.
        expected: u64,
    },
    /// It does not hold the hash of the entry before: that one was changed, or
    /// this one was put here.
    Unlinked,
    /// Its content is not what its hash says: it was changed.
    Changed,
    /// A checkpoint says that the log was longer: its end was cut off.
    CutOff {
        /// How many entries the checkpoint says.
        size: u64,
    },
    /// A checkpoint says that it had another hash: it, or one before it, was
    /// changed and every hash behind it made anew.
    Rewritten {
        /// How many entries the checkpoint is over.
        size: u64,
    },
    /// The log is longer or shorter than its own head says, or ends otherwise.
    OtherHead {
        /// How many entries the head says.
        size: u64,
    },
    /// The checkpoint is not by the key.
    Unsigned(SignatureError),
    /// The statement that the entries up to this one were dropped is not by the
    /// key: somebody else removed them.
    UnsignedBase(SignatureError),
}

/// What is wrong first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// Which log.
    pub log: LogId,
    /// Which entry, by its number.
    pub sequence: u64,
    /// Its id, where the entry is there.
    pub id: Option<String>,
    /// What is wrong with it.
    pub wrong: Wrong,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, entry {}", self.log, self.sequence)?;
        if let Some(id) = &self.id {
            write!(f, " ({id})")?;
        }
        match &self.wrong {
            Wrong::OtherLog(log) => write!(f, ": it is an entry of {log}"),
            Wrong::Missing { expected } => {
                write!(f, ": entries before it are missing, from {expected} on")
            }
            Wrong::OutOfOrder { expected } => {
                write!(f, ": it is out of order; entry {expected} was to come")
            }
            Wrong::Unlinked => f.write_str(
                ": it does not hold the hash of the entry before, which was changed, or this one \
                 was put here",
            ),
            Wrong::Changed => f.write_str(": it was changed: its hash is another's"),
            Wrong::CutOff { size } => {
                write!(f, ": it is missing: a checkpoint says that there were {size} entries")
            }
            Wrong::Rewritten { size } => write!(
                f,
                ": it, or one before it, was changed and the hashes made anew: the checkpoint over \
                 {size} entries says otherwise"
            ),
            Wrong::OtherHead { size } => {
                write!(f, ": it is missing, or the last: the log says that it has {size} entries")
            }
            Wrong::Unsigned(error) => write!(f, ": there is a checkpoint over it, but {error}"),
            Wrong::UnsignedBase(error) => {
                write!(
                    f,
                    ": it and those before are missing: that they were dropped is said, but {error}"
                )
            }
        }
    }
}

/// Checks one log, entry by entry.
#[derive(Debug)]
pub struct Verifier {
    log: LogId,
    head: Head,
    /// Checkpoints over entries that have not come yet, by how many.
    awaited: BTreeMap<u64, Digest>,
}

impl Verifier {
    /// A verifier of a log that goes on from there.
    #[must_use]
    pub fn from(log: LogId, head: Head) -> Self {
        Self { log, head, awaited: BTreeMap::new() }
    }

    /// A verifier of a log whose first entries were dropped, if it has such a base.
    ///
    /// # Errors
    ///
    /// What is wrong with the base.
    pub fn begin(log: LogId, base: Option<&Base>, keys: &[VerifyingKey]) -> Result<Self, Finding> {
        let Some(base) = base else { return Ok(Self::from(log, Head::empty(log))) };
        let Checkpoint { key, log: of, size, head, .. } = base.0;
        let verifier = Self::from(log, Head { size, hash: head });
        let finding = |wrong| verifier.finding(size, None, wrong);
        if of != log {
            return Err(finding(Wrong::OtherLog(of)));
        }
        let unsigned = |error| finding(Wrong::UnsignedBase(error));
        let known = keys.iter().find(|known| known.id() == key);
        let known = known.ok_or_else(|| unsigned(SignatureError::OtherKey(key)))?;
        base.verify(known).map_err(unsigned)?;
        Ok(verifier)
    }

    /// How far it has come.
    #[must_use]
    pub const fn head(&self) -> Head {
        self.head
    }

    /// Holds a checkpoint against what comes. Those over what has passed must
    /// come before it; of what was dropped nothing but the last hash can be told.
    ///
    /// # Errors
    ///
    /// What is wrong with it.
    pub fn expect(&mut self, checkpoint: &Checkpoint, key: &VerifyingKey) -> Result<(), Finding> {
        let finding = |wrong| self.finding(checkpoint.size, None, wrong);
        if checkpoint.log != self.log {
            return Err(finding(Wrong::OtherLog(checkpoint.log)));
        }
        checkpoint.verify(key).map_err(|error| finding(Wrong::Unsigned(error)))?;
        let contradicts = match self.awaited.get(&checkpoint.size) {
            Some(known) => *known != checkpoint.head,
            None => checkpoint.size == self.head.size && checkpoint.head != self.head.hash,
        };
        if contradicts {
            return Err(finding(Wrong::Rewritten { size: checkpoint.size }));
        }
        if checkpoint.size > self.head.size {
            self.awaited.insert(checkpoint.size, checkpoint.head);
        }
        Ok(())
    }

    /// The same with the one of several keys that the checkpoint names.
    ///
    /// # Errors
    ///
    /// What is wrong with it.
    pub fn expect_by(
        &mut self,
        checkpoint: &Checkpoint,
        keys: &[VerifyingKey],
    ) -> Result<(), Finding> {
        if let Some(key) = keys.iter().find(|key| key.id() == checkpoint.key) {
            return self.expect(checkpoint, key);
        }
        let wrong = Wrong::Unsigned(SignatureError::OtherKey(checkpoint.key));
        Err(self.finding(checkpoint.size, None, wrong))
    }

    /// Checks the next entry.
    ///
    /// # Errors
    ///
    /// What is wrong with it.
    pub fn push(&mut self, record: &Record) -> Result<(), Finding> {
        let Record { entry, hash, .. } = record;
        let expected = self.head.size + 1;
        if let Some(wrong) = self.wrong_with(entry, *hash, expected) {
            return Err(self.finding(entry.sequence, Some(entry.id.clone()), wrong));
        }
        self.head = Head { size: expected, hash: *hash };
        match self.awaited.remove(&expected) {
            Some(head) if head != *hash => {
                let wrong = Wrong::Rewritten { size: expected };
                Err(self.finding(expected, Some(entry.id.clone()), wrong))
            }
            _ => Ok(()),
        }
    }

    /// Ends the log, which says of itself that it ends so, where that is known.
    ///
    /// # Errors
    ///
    /// What is missing.
    pub fn finish(self, claimed: Option<Head>) -> Result<Head, Finding> {
        if let Some((size, _)) = self.awaited.first_key_value() {
            let wrong = Wrong::CutOff { size: *size };
            return Err(self.finding(self.head.size + 1, None, wrong));
        }
        match claimed {
            Some(claimed) if claimed != self.head => {
                let wrong = Wrong::OtherHead { size: claimed.size };
                let is_short = claimed.size > self.head.size;
                Err(self.finding(self.head.size + u64::from(is_short), None, wrong))
            }
            _ => Ok(self.head),
        }
    }

    fn wrong_with(&self, entry: &Entry, hash: Digest, expected: u64) -> Option<Wrong> {
        if entry.log != self.log {
            Some(Wrong::OtherLog(entry.log))
        } else if entry.sequence > expected {
            Some(Wrong::Missing { expected })
        } else if entry.sequence < expected {
            Some(Wrong::OutOfOrder { expected })
        } else if entry.hash() != hash {
            Some(Wrong::Changed)
        } else if entry.previous != self.head.hash {
            Some(Wrong::Unlinked)
        } else {
            None
        }
    }

    fn finding(&self, sequence: u64, id: Option<String>, wrong: Wrong) -> Finding {
        Finding { log: self.log, sequence, id, wrong }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{SigningKey, entry::tests::entry};

    const LOG: LogId = LogId::Installation;

    fn log(length: u64) -> Vec<Record> {
        continued(Vec::new(), length)
    }

    /// The same log with more entries at its end.
    fn continued(mut records: Vec<Record>, more: u64) -> Vec<Record> {
        for _ in 0..more {
            let previous = records.last().map_or(Digest::genesis(LOG), |record| record.hash);
            let entry = entry(records.len() as u64 + 1, previous);
            let hash = entry.hash();
            records.push(Record { entry, hash, opened: BTreeMap::new() });
        }
        records
    }

    fn verify(records: &[Record], checkpoints: &[Checkpoint]) -> Result<Head, (u64, Wrong)> {
        let key = SigningKey::from_seed([1; 32]).verifying_key();
        let mut verifier = Verifier::from(LOG, Head::empty(LOG));
        let all = || {
            for checkpoint in checkpoints {
                verifier.expect(checkpoint, &key)?;
            }
            for record in records {
                verifier.push(record)?;
            }
            verifier.finish(None)
        };
        all().map_err(|finding| (finding.sequence, finding.wrong))
    }

    fn checkpoint(records: &[Record]) -> Checkpoint {
        let at = "2026-01-15T10:00:00Z".parse().unwrap();
        let last = records.last().unwrap();
        SigningKey::from_seed([1; 32]).sign(LOG, last.entry.sequence, last.hash, at)
    }

    #[test]
    fn a_log_as_it_was_written_is_right() {
        let records = log(5);
        let checkpoints = [checkpoint(&records[..3]), checkpoint(&records)];
        let head = verify(&records, &checkpoints).unwrap();
        assert_eq!((head.size, head.hash), (5, records[4].hash));
        assert_eq!(verify(&[], &[]).unwrap(), Head::empty(LOG));
    }

    #[test]
    fn the_first_entry_that_is_wrong_is_named() {
        let whole = log(5);
        let changed = |at: usize, change: fn(&mut Record)| {
            let mut records = whole.clone();
            change(&mut records[at]);
            records
        };
        let mut removed = whole.clone();
        removed.remove(2);
        let mut swapped = whole.clone();
        swapped.swap(1, 2);
        let mut doubled = whole.clone();
        doubled.insert(2, whole[1].clone());
        for (records, sequence, wrong) in [
            (changed(2, |record| record.entry.action.push('x')), 3, Wrong::Changed),
            (changed(2, |record| record.hash = Digest([0; 32])), 3, Wrong::Changed),
            (
                changed(2, |record| {
                    record.entry.action.push('x');
                    record.hash = record.entry.hash();
                }),
                4,
                Wrong::Unlinked,
            ),
            (removed, 4, Wrong::Missing { expected: 3 }),
            (swapped, 3, Wrong::Missing { expected: 2 }),
            (doubled, 2, Wrong::OutOfOrder { expected: 3 }),
        ] {
            assert_eq!(verify(&records, &[]), Err((sequence, wrong)));
        }
    }

    #[test]
    fn a_tail_that_was_cut_off_or_forged_contradicts_a_checkpoint() {
        let whole = log(5);
        let kept = checkpoint(&whole);
        let cut = &whole[..3];
        let missing = verify(cut, std::slice::from_ref(&kept));
        assert_eq!(missing, Err((4, Wrong::CutOff { size: 5 })));

        let mut forged = whole[..2].to_vec();
        let mut other = entry(3, forged[1].hash);
        other.action = "member.removed".to_owned();
        forged.push(Record { hash: other.hash(), entry: other, opened: BTreeMap::new() });
        let forged = continued(forged, 2);
        assert!(verify(&forged, &[]).is_ok(), "the chain alone does not tell");
        assert_eq!(verify(&forged, &[kept]), Err((5, Wrong::Rewritten { size: 5 })));
    }

    #[test]
    fn a_checkpoint_of_another_is_no_proof() {
        let records = log(2);
        let at = "2026-01-15T10:00:00Z".parse().unwrap();
        let other = SigningKey::from_seed([9; 32]).sign(LOG, 2, records[1].hash, at);
        assert!(matches!(verify(&records, &[other]), Err((2, Wrong::Unsigned(_)))));
    }

    #[test]
    fn a_log_goes_on_from_its_base() {
        let (key, records) = (SigningKey::from_seed([1; 32]), log(5));
        let at = "2026-01-15T10:00:00Z".parse().unwrap();
        let base = key.sign_base(LOG, 3, records[2].hash, at);
        let keys = [key.verifying_key()];
        let kept = [checkpoint(&records[..2]), checkpoint(&records[..3]), checkpoint(&records)];
        let check = |base: &Base, records: &[Record]| {
            let mut verifier = Verifier::begin(LOG, Some(base), &keys)?;
            for kept in &kept {
                verifier.expect_by(kept, &keys)?;
            }
            for record in records {
                verifier.push(record)?;
            }
            verifier.finish(None)
        };
        let found = |base: &Base, records: &[Record]| {
            check(base, records).map_err(|finding| (finding.sequence, finding.wrong))
        };
        assert_eq!(check(&base, &records[3..]).unwrap().size, 5);
        let missing = found(&base, &records[4..]);
        assert_eq!(missing, Err((5, Wrong::Missing { expected: 4 })));
        let more = found(&base, &records[2..]);
        assert_eq!(more, Err((3, Wrong::OutOfOrder { expected: 4 })));
        let elsewhere = key.sign_base(LOG, 3, records[3].hash, at);
        let contradicts = found(&elsewhere, &records[3..]);
        assert_eq!(contradicts, Err((3, Wrong::Rewritten { size: 3 })));
    }

    #[test]
    fn nobody_without_the_key_drops_entries() {
        let (key, other) = (SigningKey::from_seed([1; 32]), SigningKey::from_seed([9; 32]));
        let (records, at) = (log(3), "2026-01-15T10:00:00Z".parse().unwrap());
        let kept = checkpoint(&records);
        let bases = [
            other.sign_base(LOG, 3, records[2].hash, at),
            Base(Checkpoint { size: 3, ..key.sign_base(LOG, 2, records[1].hash, at).0 }),
            Base(kept),
        ];
        for base in bases {
            let refused = Verifier::begin(LOG, Some(&base), &[key.verifying_key()]).unwrap_err();
            assert!(matches!(refused.wrong, Wrong::UnsignedBase(_)), "{refused}");
        }
        let elsewhere = LogId::Organization(uuid::Uuid::nil());
        let base = key.sign_base(LOG, 3, records[2].hash, at);
        let refused = Verifier::begin(elsewhere, Some(&base), &[key.verifying_key()]).unwrap_err();
        assert_eq!(refused.wrong, Wrong::OtherLog(LOG));
    }

    #[test]
    fn a_log_that_says_it_is_longer_is_not_whole() {
        let records = log(2);
        let mut verifier = Verifier::from(LOG, Head::empty(LOG));
        for record in &records {
            verifier.push(record).unwrap();
        }
        let claimed = Head { size: 3, hash: Digest([0; 32]) };
        let finding = verifier.finish(Some(claimed)).unwrap_err();
        assert_eq!(finding.wrong, Wrong::OtherHead { size: 3 });
        assert!(finding.to_string().contains("it has 3 entries"), "{finding}");
    }
}
