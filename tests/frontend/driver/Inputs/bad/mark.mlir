// weft: after pass many
weft.model @m {
}
