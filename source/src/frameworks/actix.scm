; #[get("/x")], #[route("/x", method = "GET")]
(attribute_item
  (attribute [(identifier) (scoped_identifier)] @name arguments: (token_tree) @arguments)) @attribute

; .service(x), .route("/x", web::get().to(h)), .wrap(m): what is done to an application, a scope or a resource.
(call_expression
  function: (field_expression value: (_) @router field: (field_identifier) @verb)
  arguments: (arguments . (_)) @arguments
  (#any-of? @verb
    "service" "route" "wrap" "wrap_fn" "to" "get" "post" "put" "patch" "delete" "head" "options" "trace")) @act
