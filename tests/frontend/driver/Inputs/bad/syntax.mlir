weft.model @m {
  weft.dim @n in 1 to
}
