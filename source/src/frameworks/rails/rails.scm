; Application.routes.draw do … end, and those of engines.
(call
  receiver: (_) @owner
  method: (identifier) @verb
  block: (_) @block
  (#match? @owner "routes$")
  (#any-of? @verb "draw" "append" "prepend")) @draw

; Classes, modules and their methods.
(class name: (_) @class) @whole
(module name: (_) @module) @whole
