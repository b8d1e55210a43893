; Classes and their methods.
(class_declaration name: (identifier) @class) @whole
(method_declaration name: (identifier) @method parameters: (parameter_list) @parameters) @function
(local_function_statement name: (identifier) @method parameters: (parameter_list) @parameters) @function

; app.MapGet("/x", handler), app.MapGroup("/x"), app.MapControllers()
(invocation_expression
  function: (member_access_expression
    expression: (_) @router
    name: [(identifier) (generic_name)] @verb)
  arguments: (argument_list) @arguments) @call

; var group = app.MapGroup("/x"); const string Base = "/api";
(variable_declarator name: (identifier) @left (_) @right) @let
