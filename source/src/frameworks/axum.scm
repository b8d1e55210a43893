; .route("/x", get(h)), .nest("/x", other), .merge(other), .layer(l): what is done to a router.
(call_expression
  function: (field_expression value: (_) @router field: (field_identifier) @verb)
  arguments: (arguments . (_)) @arguments
  (#any-of? @verb
    "route" "routes" "nest" "nest_service" "nest_api_service" "merge" "layer" "route_layer" "api_route")) @act
