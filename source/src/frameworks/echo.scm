; e.GET("/path", handler, middleware), e.Add("GET", ...), r.Match([]string{...}, ...)
(call_expression
  function: (selector_expression operand: (_) @router field: (field_identifier) @verb)
  arguments: (argument_list . (_)) @arguments
  (#any-of? @verb "GET" "POST" "PUT" "PATCH" "DELETE" "HEAD" "OPTIONS" "Any" "Add" "Match")) @route

; e.Use(middleware)
(call_expression
  function: (selector_expression operand: (_) @router field: (field_identifier) @verb)
  arguments: (argument_list . (_)) @arguments
  (#eq? @verb "Use")) @use
