//! The fields: formulas over the grid (`X Y W H`, the time `T`) that give 0 to 1, and sources that ffmpeg brings.

use super::super::ffmpeg::FPS;
use super::super::settings::Frame;

/// How many there are.
pub(super) const COUNT: usize = FORMULAS.len() + 2;

/// Where a field's grey values come from.
pub(super) enum Field {
    /// A formula for every point of the grid.
    Formula(String),
    /// A source with its own picture: from the grid, the drawn form and the section's draws.
    Source(fn(Frame, Frame, &[f64; 8]) -> String),
}

/// `t` stands for the section's own time.
const FORMULAS: [&str; 8] = [
    // Folds of silk.
    "0.5+0.5*sin(X/11+2*sin(Y/17+t*0.6)+1.3*sin((X+Y)/14-t*0.5)+t*0.4)",
    // Rings from two drops.
    "0.5+0.25*sin(hypot(X-W/2-W/3*sin(t/2),Y-H/3-H/5*cos(t/3))/3-t*1.6)\
     +0.25*sin(hypot(X-W/2+W/3*cos(t/3),Y-H*0.7+H/6*sin(t/2))/3.7-t*1.2)",
    // Lights that drift.
    "0.1+0.15*Y/H\
     +exp(-(pow(X-W*(0.4+0.25*sin(t*0.5)),2)+pow(Y-H*(0.25+0.15*cos(t*0.4)),2))/110)\
     +0.9*exp(-(pow(X-W*(0.65+0.22*cos(t*0.6)),2)+pow(Y-H*(0.5+0.2*sin(t*0.35)),2))/160)\
     +0.8*exp(-(pow(X-W*(0.35+0.28*cos(t*0.3)),2)+pow(Y-H*(0.78+0.14*sin(t*0.5)),2))/130)",
    // Hills before hills.
    "0.08+0.12*Y/H\
     +0.2*clip(Y-H*0.24-5*sin(X/9+t*0.5),0,1)+0.2*clip(Y-H*0.43-6*sin(X/12-t*0.6+2),0,1)\
     +0.2*clip(Y-H*0.62-5*sin(X/8+t*0.7+4),0,1)+0.2*clip(Y-H*0.81-4*sin(X/11-t*0.8+1),0,1)",
    // A whirl.
    "0.5+0.5*sin(4*atan2(Y-H*0.5,X-W*0.5)+hypot(X-W*0.5,Y-H*0.5)/4.5-t*1.2)\
     *exp(-hypot(X-W*0.5,Y-H*0.5)/110)",
    // Clouds.
    "0.5+0.22*sin(X/13+1.7*sin(Y/16+t*0.3)+t*0.35)+0.15*sin(Y/8-1.3*sin(X/7-t*0.4)+t*0.2)\
     +0.1*sin((X-Y)/5+sin(Y/4+t*0.5))",
    // Cloth.
    "0.5+0.25*sin(X/5+2*sin(Y/15+t*0.5)+t*0.3)+0.25*sin(Y/6+t*0.7+1.5*sin(X/9+t*0.4))",
    // Northern lights.
    "0.1+0.15*(1-Y/H)+exp(-pow((Y/H-0.4-0.12*sin(X/9+t*0.5)-0.06*sin(X/4-t*0.8))*3.2,2))\
     *(0.6+0.35*sin(X/3+3*sin(X/11+t*0.3)+t*0.9))",
];

/// The field of this number, moved and timed by the section's draws.
pub(super) fn field(number: usize, draws: &[f64; 8]) -> Field {
    match FORMULAS.get(number) {
        Some(formula) => {
            let time = format!("(T*{:.3}+{:.3})", 0.8 + 0.5 * draws[0], 40.0 * draws[1]);
            Field::Formula(with_time(formula, &time))
        }
        None if number == FORMULAS.len() => Field::Source(cells),
        None => Field::Source(fractal),
    }
}

/// Puts the section's time in place of every `t` that stands alone.
fn with_time(formula: &str, time: &str) -> String {
    let mut filled = String::with_capacity(formula.len() * 2);
    let mut before = ' ';
    let mut letters = formula.chars().peekable();
    while let Some(letter) = letters.next() {
        let in_word = before.is_ascii_alphanumeric()
            || letters.peek().is_some_and(char::is_ascii_alphanumeric);
        if letter == 't' && !in_word {
            filled.push_str(time);
        } else {
            filled.push(letter);
        }
        before = letter;
    }
    filled
}

/// The game of life, softened until cells glow.
fn cells(grid: Frame, drawn: Frame, draws: &[f64; 8]) -> String {
    let (width, height) = (grid.width * 5 / 6, grid.height * 5 / 6);
    format!(
        "life=s={width}x{height}:r=10:mold=30:ratio={:.2}:seed={}:life_color=white:\
         death_color=0x707070:mold_color=0x202020,format=gray,fps={FPS},\
         scale={}:{}:flags=bicubic,gblur=sigma=9",
        0.18 + 0.1 * draws[3],
        whole(draws[2] * 60_000.0),
        drawn.width,
        drawn.height
    )
}

/// The edge of the Mandelbrot set, slowly nearer.
fn fractal(_: Frame, drawn: Frame, draws: &[f64; 8]) -> String {
    const PLACES: [(f64, f64, f64); 5] = [
        (-0.743_643_887, 0.131_825_904, 0.02),
        (-0.7453, 0.1127, 0.006),
        (-1.250_66, 0.020_12, 0.006),
        (-0.722, 0.246, 0.02),
        (0.292_575_5, -0.014_997_7, 0.01),
    ];
    let (x, y, scale) = PLACES[whole(draws[4] * 4.99) % PLACES.len()];
    format!(
        "mandelbrot=s={}x{}:r={FPS}:start_x={x}:start_y={y}:start_scale={scale}:end_scale={:.6}:\
         end_pts=1200:maxiter=220:inner=period:outer=normalized_iteration_count,\
         format=gray,gblur=sigma=0.8",
        drawn.width / 2,
        drawn.height / 2,
        scale / 30.0
    )
}

#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "draws are from 0 to 1"
)]
fn whole(number: f64) -> usize {
    number as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_lonely_t_is_time() {
        let filled = with_time("sin(t/2)+atan2(t,X)-hypot(t*1,T)", "(5)");
        assert_eq!(filled, "sin((5)/2)+atan2((5),X)-hypot((5)*1,T)");
    }
}
