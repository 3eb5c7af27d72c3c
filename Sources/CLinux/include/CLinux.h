#ifndef CLINUX_H
#define CLINUX_H
#include "restoring.h"
#endif
