; Functions and closures.
(function_item name: (identifier) @name parameters: (parameters) @parameters) @function
(closure_expression parameters: (closure_parameters) @parameters) @closure

; Names that are given values.
(let_declaration pattern: (_) @left value: (_) @right) @let
(assignment_expression left: (_) @left right: (_) @right) @let
(const_item name: (identifier) @left value: (_) @right) @let
(static_item name: (identifier) @left value: (_) @right) @let

; What is brought in, called, and implemented.
(use_declaration argument: (_) @use)
(call_expression function: (_) @callee arguments: (arguments) @arguments) @call
(impl_item trait: (_) @trait type: (_) @type) @impl
