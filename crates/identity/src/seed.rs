//! Seeds of keys.

/// 32 bytes from the operating system's randomness.
///
/// # Errors
///
/// When the operating system has none to give.
#[expect(clippy::disallowed_methods, reason = "this crate owns randomness")]
pub fn random_seed() -> Result<[u8; 32], getrandom::Error> {
    let mut seed = [0; 32];
    getrandom::fill(&mut seed)?;
    Ok(seed)
}
