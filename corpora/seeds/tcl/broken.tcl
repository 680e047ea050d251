proc f { { } } "x [ $ } ]
