//! From keys to commands. Keys are data: one table says which keys mean which command where, and the help, the hints, the
//! chord popup and the palette are all made from it, so that none of them can tell another story than the keys do.

pub mod command;
pub mod edit;
pub mod key;
pub mod keymap;
pub mod mouse;

pub use command::Command;
pub use edit::Edit;
pub use key::{Code, Key};
pub use keymap::{Context, Keymap, Lookup};

#[cfg(test)]
mod tests;
