//! Numbers that look random and follow from a seed.

use uuid::{Builder, Uuid};

/// What numbers are for. Those of one purpose do not depend on another's.
#[derive(Debug, Clone, Copy)]
#[repr(u8)]
pub(super) enum For {
    Size = 1,
    Organization,
    User,
    Guests,
    Workspaces,
    Session,
    Token,
}

/// `SplitMix64` (Steele, Lea, Flood 2014), begun anew for each thing that is made
/// up. It guards no secret: who knows the seed knows every number.
#[derive(Debug, Clone)]
pub(super) struct Dice(u64);

const STEP: u64 = 0x9E37_79B9_7F4A_7C15;

const fn mix(mut z: u64) -> u64 {
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

impl Dice {
    /// The numbers of the thing with that index.
    pub(super) fn new(seed: u64, purpose: For, index: u32) -> Self {
        let purpose = u64::from(purpose as u8).wrapping_mul(STEP);
        let state = mix(seed.wrapping_add(purpose));
        Self(mix(state ^ u64::from(index).wrapping_mul(STEP)))
    }

    /// The next 64 bits.
    pub(super) const fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(STEP);
        mix(self.0)
    }

    /// A number below `bound`; 0 where the bound is.
    pub(super) fn below(&mut self, bound: u32) -> u32 {
        let scaled = ((self.bits() >> 32) * u64::from(bound)) >> 32;
        u32::try_from(scaled).unwrap_or_default()
    }

    /// One of several.
    pub(super) fn pick<'a, T>(&mut self, choices: &'a [T]) -> Option<&'a T> {
        let count = u32::try_from(choices.len()).unwrap_or(u32::MAX);
        choices.get(self.below(count) as usize)
    }

    /// A UUID v4.
    pub(super) fn uuid(&mut self) -> Uuid {
        let bits = u128::from(self.bits()) << 64 | u128::from(self.bits());
        Builder::from_random_bytes(bits.to_be_bytes()).into_uuid()
    }

    /// The bits of a token.
    pub(super) fn token(&mut self) -> [u8; 32] {
        let mut token = [0; 32];
        for chunk in token.chunks_mut(8) {
            chunk.copy_from_slice(&self.bits().to_be_bytes());
        }
        token
    }
}
