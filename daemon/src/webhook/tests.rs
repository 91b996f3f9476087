//! The webhooks by their public face.
