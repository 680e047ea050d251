def f(; class end }} "#{ %w( <<-E
