def f(:
	x
  y = "\N{x}
    """
