import express from 'express';
import { PrismaClient } from '@prisma/client';
import { expressjwt } from 'express-jwt';

const prisma = new PrismaClient();
const router = express.Router();
const requireAuth = expressjwt({ secret: process.env.KEY, algorithms: ['HS256'] });

router.use(requireAuth);

async function loadCar(req, res, next) {
  const car = await prisma.car.findUnique({ where: { id: Number(req.params.carId) } });
  if (!car) return res.sendStatus(404);
  req.car = car;
  return next();
}

function mustOwn(req, res, next) {
  if (req.car.driverId !== req.auth.sub) return res.sendStatus(403);
  return next();
}

// label: checked
router.get('/cars/:carId', loadCar, mustOwn, (req, res) => {
  res.json(req.car);
});

// label: not_checked
router.delete('/cars/:carId', loadCar, async (req, res) => {
  await prisma.car.delete({ where: { id: req.car.id } });
  res.sendStatus(204);
});

// label: checked
router.patch('/cars/:carId', async (req, res) => {
  const { count } = await prisma.car.updateMany({
    where: { id: Number(req.params.carId), driverId: req.auth.sub },
    data: { plate: req.body.plate },
  });
  if (count === 0) return res.sendStatus(404);
  return res.sendStatus(204);
});

// label: not_checked
router.get('/fines/:fineId', async (req, res, next) => {
  try {
    const fine = await prisma.fine.findFirstOrThrow({ where: { id: Number(req.params.fineId) }, include: { car: true } });
    res.json(fine);
  } catch (fault) {
    next(fault);
  }
});

// label: checked
router.get('/fines/:fineId/photo', async (req, res) => {
  const fine = await prisma.fine.findFirst({
    where: { id: Number(req.params.fineId), car: { driverId: req.auth.sub } },
  });
  if (fine == null) return res.status(404).json({ error: 'no such fine' });
  return res.json({ photo: fine.photo });
});

// label: not_applicable
router.get('/me', (req, res) => res.json({ id: req.auth.sub }));

const app = express();
app.use(express.json());
app.use('/garage', router);
export default app;
