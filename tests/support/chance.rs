//! Choices that follow from a seed, so that a failure can be had again.

/// Marsaglia's xorshift64: what is chosen follows from the seed.
pub struct Chance(u64);

impl Chance {
    pub fn new(seed: u64) -> Self {
        // Seeds that lie close together shall not begin alike.
        let mut chance = Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
        for _ in 0..8 {
            chance.below(2);
        }
        chance
    }

    pub fn below(&mut self, bound: u32) -> u32 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        u32::try_from((self.0 >> 32) % u64::from(bound)).unwrap()
    }

    pub fn of<'a, T>(&mut self, items: &'a [T]) -> Option<&'a T> {
        let count = u32::try_from(items.len()).ok().filter(|count| *count > 0)?;
        items.get(self.below(count) as usize)
    }
}
