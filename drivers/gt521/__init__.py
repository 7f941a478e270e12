"""GT-511C1R, GT-511C3, GT-521F32 and GT-521F52 by ADH-Tech: the sensors whose packets start with 55 AA."""
