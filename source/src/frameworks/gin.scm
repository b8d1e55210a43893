; r.GET("/path", middleware, handler), r.Handle("GET", ...), r.Match([]string{...}, ...)
(call_expression
  function: (selector_expression operand: (_) @router field: (field_identifier) @verb)
  arguments: (argument_list . (_)) @arguments
  (#any-of? @verb "GET" "POST" "PUT" "PATCH" "DELETE" "HEAD" "OPTIONS" "Any" "Handle" "Match")) @route

; r.Use(middleware)
(call_expression
  function: (selector_expression operand: (_) @router field: (field_identifier) @verb)
  arguments: (argument_list . (_)) @arguments
  (#eq? @verb "Use")) @use
