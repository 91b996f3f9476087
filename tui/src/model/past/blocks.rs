//! Records one behind the other in blocks that are made at their full size: what grows by the hundred thousand is never
//! copied to a larger place, and leaves none behind.

/// Bytes of a block; a longer record has one of its own.
const BLOCK: usize = 1 << BITS;

/// Bits of a place that say where in a block.
const BITS: u32 = 16;

/// Records by their places.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Blocks {
    blocks: Vec<Vec<u8>>,
}

impl Blocks {
    /// Puts a record behind the others; its place. None beyond four gigabytes.
    pub fn push(&mut self, record: &[u8]) -> Option<u32> {
        let fits =
            |block: &Vec<u8>| block.capacity() - block.len() >= record.len() && block.len() < BLOCK;
        if !self.blocks.last().is_some_and(fits) {
            if self.blocks.len() > (u32::MAX >> BITS) as usize {
                return None;
            }
            self.blocks
                .push(Vec::with_capacity(BLOCK.max(record.len())));
        }
        let number = self.blocks.len() - 1;
        let block = self.blocks.last_mut()?;
        let place = u32::try_from(number << BITS | block.len()).ok()?;
        block.extend_from_slice(record);
        Some(place)
    }

    /// The bytes from a place to its block's end.
    #[must_use]
    pub fn at(&self, place: u32) -> Option<&[u8]> {
        let block = self.blocks.get((place >> BITS) as usize)?;
        block.get((place as usize) & (BLOCK - 1)..)
    }

    /// How many bytes all records take.
    #[cfg(test)]
    pub fn len(&self) -> usize {
        self.blocks.iter().map(Vec::len).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn each_record_stands_at_its_place(sizes in prop::collection::vec(prop_oneof![0..300usize, 60_000..140_000usize], 0..40)) {
            let mut blocks = Blocks::default();
            let mut told = Vec::new();
            for (number, size) in sizes.into_iter().enumerate() {
                let record = vec![number as u8; size];
                told.push((blocks.push(&record).unwrap(), record));
            }
            for (place, record) in told {
                prop_assert_eq!(blocks.at(place).unwrap().get(..record.len()), Some(&record[..]));
            }
        }
    }
}
