# SPDX-License-Identifier: GPL-2.0-or-later
"""What the tests that run in a user-mode kernel share."""
