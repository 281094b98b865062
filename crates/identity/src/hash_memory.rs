//! The memory that hashes are computed in, kept from one to the next.
//!
//! What is given back to the allocator mostly stays with the thread that had it: with
//! 19 MiB each, blocking threads that come and go would hold several times what is in
//! use. And a page that the kernel has to hand out anew each time costs more than one
//! that is there.

use std::sync::{Mutex, MutexGuard, PoisonError};

use argon2::{Argon2, Block, Params, Result};

/// As many pieces of memory as hashes were ever computed at the same time.
#[derive(Default)]
pub(crate) struct HashMemory(Mutex<Vec<Vec<Block>>>);

impl HashMemory {
    /// Computes a hash of the length of `output`.
    ///
    /// # Errors
    ///
    /// Those of Argon2, such as a salt that is too short.
    pub(crate) fn compute(
        &self,
        argon2: &Argon2<'_>,
        password: &[u8],
        salt: &[u8],
        output: &mut [u8],
    ) -> Result<()> {
        let mut blocks = self.pieces().pop().unwrap_or_default();
        let wanted = argon2.params().block_count();
        if blocks.len() < wanted {
            blocks.resize(wanted, Block::new());
        }
        let computed = argon2.hash_password_into_with_memory(password, salt, output, &mut blocks);
        // A hash of another day may have taken more.
        blocks.truncate(Params::default().block_count());
        blocks.shrink_to_fit();
        self.pieces().push(blocks);
        computed
    }

    fn pieces(&self) -> MutexGuard<'_, Vec<Vec<Block>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::thread;

    use super::*;

    fn computed(memory: &HashMemory, argon2: &Argon2<'_>, password: &[u8]) -> [u8; 32] {
        let mut output = [0; 32];
        memory.compute(argon2, password, b"a salt of some length", &mut output).unwrap();
        output
    }

    fn alone(argon2: &Argon2<'_>, password: &[u8]) -> [u8; 32] {
        let mut output = [0; 32];
        argon2.hash_password_into(password, b"a salt of some length", &mut output).unwrap();
        output
    }

    #[test]
    fn memory_that_was_used_before_changes_no_hash() {
        let memory = HashMemory::default();
        let argon2 = |cost| Argon2::from(Params::new(cost, 2, 1, None).unwrap());
        for (cost, password) in [(64, b"one"), (8, b"two"), (256, b"one"), (64, b"six")] {
            assert_eq!(computed(&memory, &argon2(cost), password), alone(&argon2(cost), password));
        }
        assert_eq!(memory.pieces().len(), 1);
    }

    #[test]
    fn there_is_as_much_as_was_used_at_a_time_and_of_todays_size() {
        let memory = HashMemory::default();
        let todays = Params::default().m_cost();
        let large = Argon2::from(Params::new(2 * todays, 1, 1, None).unwrap());
        thread::scope(|scope| {
            for _ in 0..2 {
                scope.spawn(|| {
                    for password in [b"one", b"two", b"six"] {
                        assert_eq!(computed(&memory, &large, password), alone(&large, password));
                    }
                });
            }
        });
        let pieces = memory.pieces();
        assert!((1..=2).contains(&pieces.len()));
        assert!(pieces.iter().all(|piece| piece.capacity() == todays as usize));
    }
}
