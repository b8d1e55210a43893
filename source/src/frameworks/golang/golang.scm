; Functions and methods.
(function_declaration name: (identifier) @name parameters: (parameter_list) @parameters) @function
(method_declaration
  receiver: (parameter_list) @receiver
  name: (field_identifier) @name
  parameters: (parameter_list) @parameters) @function
(func_literal parameters: (parameter_list) @parameters) @closure

; Names that are given values.
(short_var_declaration left: (expression_list) @left right: (expression_list) @right) @let
(assignment_statement left: (expression_list) @left right: (expression_list) @right) @let
(var_spec name: (identifier) @left value: (expression_list) @right) @let
(const_spec name: (identifier) @left value: (expression_list) @right) @let
(keyed_element . (_) @key (_) @element .) @keyed

; Types of fields.
(type_spec name: (type_identifier) @struct type: (struct_type (field_declaration_list) @fields))

; Calls, and imports.
(call_expression function: (_) @callee arguments: (argument_list) @arguments) @call
(import_spec name: (_)? @alias path: (_) @path) @import
