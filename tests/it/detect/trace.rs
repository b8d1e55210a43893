//! Traces by their frames, and the texts that only talk about them.

use routewarden::detect::trace;

#[test]
fn traces_are_told_by_their_frames() {
    assert_eq!(trace::n_shapes().0, trace::n_shapes().1);
    for (language, text) in [
        (
            "python",
            "Traceback (most recent call last):\n  File \"/app/app.py\", line 88, in get_invoice\n    return x\nKeyError: 'a'",
        ),
        ("python", r#"{"detail":"Traceback:\n  File \"/app/app.py\", line 88, in get_invoice\n    x()"}"#),
        ("werkzeug", "<title>KeyError: 'a' // Werkzeug Debugger</title>"),
        ("django", "You&#x27;re seeing this error because you have <code>DEBUG = True</code> in"),
        (
            "java",
            "java.lang.NullPointerException\n\tat com.acme.Invoice.get(Invoice.java:41)\n\tat com.acme.Api.call(Api.kt:7)",
        ),
        ("java", r#"{"trace":"java.lang.X\n\tat com.acme.Invoice.get(Invoice.java:41)\n\tat a.B.c(Native Method)"}"#),
        ("node", "TypeError: x\n    at getInvoice (/srv/app/routes.js:12:9)\n    at async file:///srv/app/i.mjs:3:1"),
        (
            "node",
            r"Error: x<br>    at Layer.handle [as handle_request] (/srv/node_modules/express/lib/router/layer.js:95:5)<br>    at next (/srv/a.js:1:2)",
        ),
        ("go", "panic: x\n\ngoroutine 12 [running]:\nmain.get()\n\t/srv/main.go:41 +0x1d"),
        ("php", "#0 /var/www/index.php(12): get()\n#1 {main}"),
        ("php", "<b>Warning</b>:  Undefined variable $x in <b>/var/www/a.php</b> on line <b>3</b>"),
        ("ruby", "app/models/a.rb:12:in `get'\nfrom app/b.rb:7:in 'call'"),
        ("dotnet", "   at Acme.Api.Invoices.Get(Int32 id) in /src/Invoices.cs:line 41\n   at Acme.Api.Run(String x)"),
        ("rust", "thread 'main' panicked at src/main.rs:4:5:"),
        ("sql", r#"{"error":"(sqlite3.OperationalError) near \"x\": syntax error [SQL: SELECT * FROM a]"}"#),
        ("sql", "You have an error in your SQL syntax; check the manual that corresponds to"),
        ("sql", "SQLSTATE[42000]: Syntax error or access violation"),
    ] {
        let found = trace::stack_trace(text).unwrap_or_else(|| panic!("{language}: {text}"));
        assert_eq!(found.language, language, "{found:?}");
        assert!(!found.excerpt_line.is_empty() && !found.excerpt_line.contains('\n'));
    }
}

#[test]
fn texts_about_errors_are_no_traces() {
    for text in [
        "When it fails, Python prints a Traceback (most recent call last) with File and line.",
        r#"{"stack": ["python", "flask", "postgres"], "error": "not found", "exception": null}"#,
        "Internal Server Error",
        r#"{"message": "error at line 3 in main", "trace": "c0ffee", "traceId": "00-4bf92f3577b34da6"}"#,
        "Meet us at Acme.Inc (Berlin)\nor at Foo.Bar (Paris)",
        "at home (see map:12)\nat work",
        "We select from the best tables and insert new chairs.",
        "",
    ] {
        assert_eq!(trace::stack_trace(text), None, "{text}");
    }
}
