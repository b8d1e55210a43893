; Classes, with their methods found below them.
(class_declaration name: (name) @class) @whole
(trait_declaration name: (name) @class) @whole

; use App\Http\Controllers\OrderController;
(namespace_use_declaration) @use

; 'api' => [...], 'auth' => Authenticate::class: groups and aliases of middleware.
(property_declaration
  (property_element (variable_name) @property (array_creation_expression) @value)
  (#match? @property "^.(middlewareGroups|routeMiddleware|middlewareAliases|middleware)$")) @middleware

; withRouting(api: ..., apiPrefix: 'api/v1') of bootstrap/app.php
(member_call_expression name: (name) @routing arguments: (arguments) @given
  (#eq? @routing "withRouting"))
