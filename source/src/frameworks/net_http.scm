; mux.HandleFunc("GET /x/{id}", h); chi's r.Get("/x", h); gorilla's r.HandleFunc("/x", h).Methods("GET")
(call_expression
  function: (selector_expression operand: (_) @router field: (field_identifier) @verb)
  arguments: (argument_list . (_)) @arguments
  (#any-of? @verb "HandleFunc" "Handle" "Get" "Post" "Put" "Patch" "Delete" "Head" "Options" "Method" "MethodFunc")) @route

; chi's r.Mount("/x", other)
(call_expression
  function: (selector_expression operand: (_) @router field: (field_identifier) @verb)
  arguments: (argument_list . (_)) @arguments
  (#eq? @verb "Mount")) @mount

; chi's and gorilla's r.Use(middleware)
(call_expression
  function: (selector_expression operand: (_) @router field: (field_identifier) @verb)
  arguments: (argument_list . (_)) @arguments
  (#eq? @verb "Use")) @use

; http.ListenAndServe(":80", handler), &http.Server{Handler: handler}
(call_expression
  function: (selector_expression field: (field_identifier) @verb)
  arguments: (argument_list (_) (_) @served)
  (#match? @verb "^(ListenAndServe|ListenAndServeTLS|Serve)$"))
(keyed_element
  (literal_element (identifier) @key) (literal_element (_) @served)
  (#eq? @key "Handler"))
