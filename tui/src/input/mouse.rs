//! What a mouse did, as the terminal told it. Nothing needs one: whatever it does, a key does.

/// What.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Move {
    /// The left button went down.
    Press,
    /// The wheel, away from the person.
    WheelUp,
    /// The wheel, towards the person.
    WheelDown,
}

/// What, and where.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mouse {
    /// What.
    pub what: Move,
    /// Column and row, from 0.
    pub at: (u16, u16),
}

impl Mouse {
    /// Reads the numbers of a report: button, column and row from 1. Buttons that mean nothing here, and letting go, are none.
    #[must_use]
    pub fn read(button: u32, column: u32, row: u32, pressed: bool) -> Option<Self> {
        // Bits 2 to 4 are held keys; bit 5 is a drag.
        let what = match button & !0b1_1100 {
            0 if pressed => Move::Press,
            64 => Move::WheelUp,
            65 => Move::WheelDown,
            _ => return None,
        };
        let place = |from_one: u32| u16::try_from(from_one.checked_sub(1)?).ok();
        Some(Self {
            what,
            at: (place(column)?, place(row)?),
        })
    }
}
