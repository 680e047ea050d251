#!/usr/bin/env ruby
require 'set'; module M; def m(a, b = 1, *c, d: 2, **e, &f) = yield(a); end
class A < Struct.new(:x); include M; attr_accessor :y; def <=>(o) = x <=> o.x; def method_missing(n, *) = n; end
puts [1, 2, 3].map { |i| i ** 2 }.select(&:even?).inspect, "#{A.new(1)&.x}", %w[a b].each_with_index.to_h, :s, /(?<n>a)/x =~ 'a', <<~E, 1..3, 0b1
  here
E
begin; raise ArgumentError, 'x' unless false; rescue => e; retry if nil; ensure; case [1, {a: 2}] in [Integer => i, {a:}] then p i; end; end; $stderr.print __FILE__; catch(:t) { throw :t }
