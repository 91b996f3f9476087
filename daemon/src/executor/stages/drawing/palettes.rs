//! Colours for grey values: four stops from dark to light. The darkest is never black: a picture that is mostly dark must
//! still be told from one that failed.

/// Red, green and blue at 0, 0.35, 0.7 and 1.
pub(super) type Palette = [[u8; 3]; 4];

/// All palettes.
pub(super) const PALETTES: [Palette; 9] = [
    [[30, 24, 78], [92, 38, 134], [238, 108, 90], [255, 226, 164]],
    [[12, 40, 72], [18, 98, 134], [74, 196, 170], [228, 250, 214]],
    [
        [44, 18, 72],
        [132, 32, 112],
        [240, 106, 116],
        [255, 212, 160],
    ],
    [[18, 48, 42], [28, 110, 84], [150, 196, 92], [246, 242, 176]],
    [[26, 32, 80], [40, 84, 176], [96, 178, 238], [232, 246, 255]],
    [[70, 22, 40], [168, 44, 56], [244, 146, 64], [255, 234, 150]],
    [
        [36, 36, 56],
        [84, 86, 130],
        [176, 160, 204],
        [250, 236, 240],
    ],
    [[8, 52, 66], [20, 120, 120], [236, 178, 92], [255, 238, 200]],
    [
        [54, 24, 88],
        [98, 60, 180],
        [226, 110, 200],
        [200, 240, 255],
    ],
];

const STOPS: [&str; 4] = ["0", "0.35", "0.7", "1"];

/// The filter that colours grey by a palette.
pub(super) fn curves(palette: &Palette) -> String {
    let channel = |index: usize| {
        let stop = |(stop, colour): (&&str, &[u8; 3])| {
            format!("{stop}/{:.3}", f64::from(colour[index]) / 255.0)
        };
        STOPS
            .iter()
            .zip(palette)
            .map(stop)
            .collect::<Vec<_>>()
            .join(" ")
    };
    format!(
        "curves=r='{}':g='{}':b='{}'",
        channel(0),
        channel(1),
        channel(2)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_darkest_is_not_black() {
        for palette in PALETTES {
            let [r, g, b] = palette[0].map(f64::from);
            assert!(0.299 * r + 0.587 * g + 0.114 * b > 28.0, "{palette:?}");
        }
    }

    #[test]
    fn writes_what_the_filter_reads() {
        let text = curves(&[[0, 0, 0], [51, 0, 0], [102, 0, 0], [255, 255, 255]]);
        assert!(text.starts_with("curves=r='0/0.000 0.35/0.200 0.7/0.400 1/1.000':g='"));
    }
}
