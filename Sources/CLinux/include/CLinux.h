#ifndef CLINUX_H
#define CLINUX_H
#include "durable.h"
#endif
