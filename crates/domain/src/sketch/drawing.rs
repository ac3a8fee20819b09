//! How roads, vehicles and contacts are drawn.

use std::fmt::Write as _;

use super::{LENGTH, WIDTH};
use crate::{
    liability::{Circumstance, DrivingFacts, ImpactZone, Junction, Manoeuvre, Signal},
    role::PartyRole,
    triage::Answer,
};

/// Width of one lane.
const LANE: f64 = 52.0;

/// A point of the picture, from its upper left corner.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Place {
    pub(super) x: f64,
    pub(super) y: f64,
}

impl Place {
    /// Where the first contact is drawn.
    pub(super) const MIDDLE: Self = Self { x: 320.0, y: 220.0 };

    fn moved(self, (x, y): (f64, f64)) -> Self {
        Self { x: self.x + x, y: self.y + y }
    }
}

/// Where and how a vehicle stands.
#[derive(Debug, Clone, Copy)]
pub(super) struct Spot {
    pub(super) centre: Place,
    /// Degrees clockwise from the top.
    pub(super) angle: f64,
    /// Whether the zone that was hit is known; if not, it is drawn broken.
    pub(super) known: bool,
}

/// A vector turned clockwise.
fn turned((x, y): (f64, f64), degrees: f64) -> (f64, f64) {
    let (sin, cos) = degrees.to_radians().sin_cos();
    (x * cos - y * sin, x * sin + y * cos)
}

/// From the middle of a vehicle to the zone, when it points to the top.
fn to_zone(zone: ImpactZone) -> (f64, f64) {
    let (side, end) = (WIDTH / 2.0, LENGTH / 2.0);
    match zone.hour() {
        1 => (side, -end),
        2 => (side, -end / 2.0),
        3 => (side, 0.0),
        4 => (side, end / 2.0),
        5 => (side, end),
        6 => (0.0, end),
        7 => (-side, end),
        8 => (-side, end / 2.0),
        9 => (-side, 0.0),
        10 => (-side, -end / 2.0),
        11 => (-side, -end),
        _ => (0.0, -end),
    }
}

impl Spot {
    /// Where on the picture the zone of this vehicle is; beside it, if it is not known.
    pub(super) fn edge(&self, zone: Option<ImpactZone>) -> Place {
        let vector = zone.map_or((WIDTH * 0.75, 0.0), to_zone);
        self.centre.moved(turned(vector, self.angle))
    }

    /// A vehicle whose zone touches `point`; beside `other`, if the zone is not known.
    pub(super) fn touching(point: Place, angle: f64, zone: Option<ImpactZone>, other: &Self) -> Self {
        let centre = match zone {
            Some(zone) => {
                let (x, y) = turned(to_zone(zone), angle);
                point.moved((-x, -y))
            }
            None => {
                // On the far side of the point, as seen from the other vehicle.
                let (x, y) = (point.x - other.centre.x, point.y - other.centre.y);
                let length = x.hypot(y).max(1.0);
                point.moved((x / length * WIDTH, y / length * WIDTH))
            }
        };
        Self { centre, angle, known: zone.is_some() }
    }
}

/// By how much the way of the other vehicle is turned against this one's, by what this one says.
pub(super) fn turned_from(facts: &DrivingFacts) -> Option<f64> {
    let says = |what| facts.circumstances.get(&what) == Some(&Answer::Yes);
    if says(Circumstance::OtherFromAhead) {
        Some(180.0)
    } else if says(Circumstance::OtherFromRight) {
        Some(270.0)
    } else {
        None
    }
}

/// By how much a vehicle has turned from its heading when it is in the middle of its manoeuvre.
pub(super) fn turn_of(manoeuvre: Manoeuvre) -> f64 {
    match manoeuvre {
        Manoeuvre::TurningLeft => -45.0,
        Manoeuvre::UTurn => -90.0,
        Manoeuvre::TurningRight => 45.0,
        Manoeuvre::EnteringRoad
        | Manoeuvre::EnteringMainRoad
        | Manoeuvre::LeavingMainRoad
        | Manoeuvre::EnteringRoundabout => 25.0,
        _ => 0.0,
    }
}

/// A picture that grows.
pub(super) struct Drawing(String);

impl Drawing {
    pub(super) fn new() -> Self {
        let mut svg = String::from(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 640 520\" width=\"640\" height=\"520\" \
             font-family=\"'Noto Serif SC','Noto Serif CJK SC',serif\">",
        );
        svg.push_str("<rect width=\"640\" height=\"520\" fill=\"#ffffff\"/>");
        svg.push_str("<clipPath id=\"scene\"><rect width=\"640\" height=\"440\"/></clipPath>");
        svg.push_str("<g clip-path=\"url(#scene)\"><rect width=\"640\" height=\"440\" fill=\"#eef1ea\"/>");
        Self(svg)
    }

    fn add(&mut self, args: std::fmt::Arguments<'_>) {
        // Writing to a String cannot fail.
        let _ = self.0.write_fmt(args);
    }

    /// The road, its first way along `angle`.
    pub(super) fn road(&mut self, kind: Junction, angle: f64, lanes: u8) {
        let half = f64::from(lanes) * LANE;
        let Place { x, y } = Place::MIDDLE;
        // Traffic keeps to the right: the middle line is to the left of the vehicle that is drawn in the middle.
        let shift = LANE / 2.0;
        self.add(format_args!("<g transform=\"translate({x:.1} {y:.1}) rotate({angle:.1})\">"));
        let crossing = matches!(kind, Junction::Signals | Junction::Signs | Junction::Uncontrolled);
        let left = -half - shift;
        self.add(format_args!(
            "<rect x=\"{left:.1}\" y=\"-700\" width=\"{:.1}\" height=\"1400\" fill=\"#d5d7da\"/>",
            half * 2.0
        ));
        if crossing {
            self.add(format_args!(
                "<rect x=\"-700\" y=\"{left:.1}\" width=\"1400\" height=\"{:.1}\" fill=\"#d5d7da\"/>",
                half * 2.0
            ));
        }
        let stop = if crossing { half + shift + 8.0 } else { 0.0 };
        for lane in 0..=lanes {
            let at = f64::from(lane) * LANE;
            let (style, width) = if lane == 0 { ("#d9a400", 4) } else { ("#ffffff", 3) };
            let dash = if lane == 0 || lane == lanes { "" } else { " stroke-dasharray=\"18 14\"" };
            for side in [at, -at] {
                let line = side - shift;
                for (from, to) in [(-700.0, -stop), (stop, 700.0)] {
                    self.add(format_args!(
                        "<path d=\"M{line:.1} {from:.1}V{to:.1}\" stroke=\"{style}\" stroke-width=\"{width}\"{dash}/>"
                    ));
                    if crossing {
                        self.add(format_args!(
                            "<path d=\"M{from:.1} {line:.1}H{to:.1}\" stroke=\"{style}\" stroke-width=\"{width}\"{dash}/>"
                        ));
                    }
                }
            }
        }
        if kind == Junction::Roundabout {
            self.add(format_args!(
                "<circle cx=\"{:.1}\" cy=\"0\" r=\"{:.1}\" fill=\"#d5d7da\"/>\
                 <circle cx=\"{:.1}\" cy=\"0\" r=\"{:.1}\" fill=\"#c4d3b6\"/>",
                -half - shift,
                half * 2.0,
                -half - shift,
                half * 0.8
            ));
        }
        self.0.push_str("</g>");
    }

    /// Where north is.
    pub(super) fn north(&mut self, angle: f64) {
        self.add(format_args!(
            "<g transform=\"translate(600 50) rotate({angle:.1})\"><path d=\"M0 -28L9 12L0 5L-9 12Z\" fill=\"#333333\"/>\
             <text y=\"32\" font-size=\"18\" text-anchor=\"middle\">北</text></g>"
        ));
    }

    /// The way of a vehicle, below all vehicles.
    pub(super) fn way_of(&mut self, facts: &DrivingFacts, spot: &Spot) {
        let Place { x, y } = spot.centre;
        self.add(format_args!("<g transform=\"translate({x:.1} {y:.1}) rotate({:.1})\">", spot.angle));
        self.way(facts.manoeuvre);
        self.0.push_str("</g>");
    }

    /// A vehicle with its light and its name.
    pub(super) fn vehicle(&mut self, role: PartyRole, facts: &DrivingFacts, spot: &Spot) {
        let Place { x, y } = spot.centre;
        let dash = if spot.known && facts.heading.is_some() { "" } else { " stroke-dasharray=\"7 5\"" };
        let fill = match role.index() % 4 {
            0 => "#cfe3ff",
            1 => "#ffdccb",
            2 => "#d9f0d0",
            _ => "#f3e2fb",
        };
        self.add(format_args!("<g transform=\"translate({x:.1} {y:.1}) rotate({:.1})\">", spot.angle));
        let (left, top) = (-WIDTH / 2.0, -LENGTH / 2.0);
        self.add(format_args!(
            "<rect x=\"{left:.1}\" y=\"{top:.1}\" width=\"{WIDTH:.1}\" height=\"{LENGTH:.1}\" rx=\"7\" fill=\"{fill}\" \
             stroke=\"#1d2733\" stroke-width=\"2\"{dash}/><path d=\"M{:.1} {:.1}H{:.1}L{:.1} {:.1}H{:.1}Z\" \
             fill=\"#5b6b7d\"/>",
            left + 6.0,
            top + 20.0,
            -left - 6.0,
            -left - 9.0,
            top + 31.0,
            left + 9.0
        ));
        self.0.push_str("</g>");
        self.add(format_args!(
            "<text x=\"{x:.1}\" y=\"{:.1}\" font-size=\"22\" font-weight=\"bold\" text-anchor=\"middle\">{}</text>",
            y + 14.0,
            role.chinese()
        ));
        let light = match facts.signal {
            Signal::Red => "#d92626",
            Signal::Yellow => "#e0a800",
            Signal::Green => "#1e9e3e",
            Signal::None | Signal::Unknown => return,
        };
        let (dx, dy) = turned((WIDTH / 2.0 + 12.0, LENGTH / 2.0), spot.angle);
        self.add(format_args!(
            "<circle cx=\"{:.1}\" cy=\"{:.1}\" r=\"8\" fill=\"{light}\" stroke=\"#1d2733\" stroke-width=\"2\"/>",
            x + dx,
            y + dy
        ));
    }

    /// The way a vehicle that points to the top goes.
    fn way(&mut self, manoeuvre: Manoeuvre) {
        let path = match manoeuvre {
            Manoeuvre::Straight | Manoeuvre::Following | Manoeuvre::InRoundabout | Manoeuvre::Meeting => {
                "M0 95V-70M-8 -58L0 -72L8 -58"
            }
            Manoeuvre::Reversing | Manoeuvre::RollingBack => "M0 -70V72M-8 60L0 74L8 60",
            Manoeuvre::TurningLeft => "M-46 86Q-6 74 0 39M0 -39Q-2 -66 -30 -78M-15 -82L-32 -79L-23 -64",
            Manoeuvre::TurningRight
            | Manoeuvre::EnteringRoundabout
            | Manoeuvre::EnteringRoad
            | Manoeuvre::EnteringMainRoad
            | Manoeuvre::LeavingMainRoad => "M46 86Q6 74 0 39M0 -39Q2 -66 30 -78M15 -82L32 -79L23 -64",
            Manoeuvre::UTurn => {
                "M-78 30C-60 62 -8 66 0 39M0 -39C-2 -66 -34 -78 -58 -56M-54 -72L-60 -54L-42 -50"
            }
            Manoeuvre::LaneChange | Manoeuvre::Overtaking | Manoeuvre::QueueJumping => {
                "M-26 95C-26 50 0 60 0 20V-70M-8 -58L0 -72L8 -58"
            }
            Manoeuvre::OpeningDoor => "M19 -12L44 6L40 10",
            Manoeuvre::Stopped | Manoeuvre::Parked | Manoeuvre::Unknown => return,
        };
        self.add(format_args!("<path d=\"{path}\" fill=\"none\" stroke=\"#1d2733\" stroke-width=\"3\"/>"));
    }

    /// Where two touched; the number says when, if that is known.
    pub(super) fn contact(&mut self, at: Place, number: Option<u8>) {
        self.add(format_args!(
            "<g transform=\"translate({:.1} {:.1})\"><path d=\"M0 -15L4 -5L14 -6L7 2L11 12L1 7L-8 13L-6 3L-15 -3L-5 -5Z\" \
             fill=\"#e5322d\" stroke=\"#ffffff\"/>",
            at.x, at.y
        ));
        if let Some(number) = number {
            self.add(format_args!(
                "<text x=\"16\" y=\"-10\" font-size=\"20\" font-weight=\"bold\" fill=\"#b01616\">{number}</text>"
            ));
        }
        self.0.push_str("</g>");
    }

    pub(super) fn finish(mut self) -> String {
        self.0.push_str("</g>");
        let lines = [
            "依各方陈述绘制，不按比例。虚线：方向或者部位不明；圆点：进入路口时的信号灯；数字：接触先后。",
            "Drawn from statements, not to scale. Broken: unknown. Dots: lights. Numbers: order of contacts.",
        ];
        for (line, y) in lines.into_iter().zip([468, 494]) {
            self.add(format_args!(
                "<text x=\"16\" y=\"{y}\" font-size=\"13\" fill=\"#333333\">{line}</text>"
            ));
        }
        self.0.push_str("</svg>");
        self.0
    }
}
