//! The "Style Examples" table of OpenAPI 3.0, line by line.

use routewarden::model::{Place, Style};
use serde_json::{Value, json};

use super::{built, parameter};

fn of(place: Place, style: Style, explode: bool, value: Value) -> String {
    let path = if place == Place::Path { "/x/{color}" } else { "/x" };
    let url = built("http://api.test", path, vec![(parameter("color", place, style, explode), value)]).unwrap();
    url.strip_prefix("/x").unwrap().trim_start_matches(['/', '?']).to_owned()
}

fn line(place: Place, style: Style, explode: bool) -> [String; 3] {
    [json!("blue"), json!(["blue", "black", "brown"]), json!({"R": 100, "G": 200, "B": 150})]
        .map(|value| of(place, style, explode, value))
}

#[test]
fn paths_follow_the_table() {
    let cases = [
        (Style::Matrix, false, [";color=blue", ";color=blue,black,brown", ";color=R,100,G,200,B,150"]),
        (Style::Matrix, true, [";color=blue", ";color=blue;color=black;color=brown", ";R=100;G=200;B=150"]),
        (Style::Label, false, [".blue", ".blue,black,brown", ".R,100,G,200,B,150"]),
        (Style::Label, true, [".blue", ".blue.black.brown", ".R=100.G=200.B=150"]),
        (Style::Simple, false, ["blue", "blue,black,brown", "R,100,G,200,B,150"]),
        (Style::Simple, true, ["blue", "blue,black,brown", "R=100,G=200,B=150"]),
    ];
    for (style, explode, expected) in cases {
        assert_eq!(line(Place::Path, style, explode), expected, "{style:?} {explode}");
    }
}

#[test]
fn queries_follow_the_table() {
    let cases = [
        (Style::Form, false, ["color=blue", "color=blue,black,brown", "color=R,100,G,200,B,150"]),
        (Style::Form, true, ["color=blue", "color=blue&color=black&color=brown", "R=100&G=200&B=150"]),
        (
            Style::SpaceDelimited,
            false,
            ["color=blue", "color=blue%20black%20brown", "color=R%20100%20G%20200%20B%20150"],
        ),
        (
            Style::PipeDelimited,
            false,
            ["color=blue", "color=blue%7Cblack%7Cbrown", "color=R%7C100%7CG%7C200%7CB%7C150"],
        ),
        (Style::TabDelimited, false, ["color=blue", "color=blue%09black%09brown", "color=R%09100%09G%09200%09B%09150"]),
    ];
    for (style, explode, expected) in cases {
        assert_eq!(line(Place::Query, style, explode), expected, "{style:?} {explode}");
    }
    let deep = of(Place::Query, Style::DeepObject, true, json!({"R": 100, "G": 200}));
    assert_eq!(deep, "color%5BR%5D=100&color%5BG%5D=200");
}

#[test]
fn a_parameter_by_content_is_json() {
    let mut filter = parameter("filter", Place::Query, Style::Form, true);
    filter.content_type = Some("application/json".to_owned());
    let url = built("http://api.test", "/x", vec![(filter, json!({"a": [1]}))]).unwrap();
    assert_eq!(url, "/x?filter=%7B%22a%22%3A%5B1%5D%7D");
}

#[test]
fn reserved_characters_stay_in_queries_that_allow_them() {
    let mut next = parameter("next", Place::Query, Style::Form, true);
    let value = json!("/a/b?c=1&d#e");
    let url = |parameter| built("http://api.test", "/x", vec![(parameter, value.clone())]).unwrap();
    assert_eq!(url(next.clone()), "/x?next=%2Fa%2Fb%3Fc%3D1%26d%23e");
    next.allow_reserved = true;
    assert_eq!(url(next), "/x?next=/a/b?c%3D1%26d%23e");
}
